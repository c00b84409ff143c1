/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an empty domain to one that needs but its store nodes and the first unpause: memory,
 * kernel, initrd, device tree, shared pages, start state of vCPU 0. domain_images_open() is the
 * half that needs no domain, so that bad files are refused before one is made.
 */
#include <sys/random.h>

#include "tools/build/build_priv.h"
#include "tools/build/guest_map.h"

#define RNG_SEED_SIZE 128
#define DTB_BASE 8192u			/* bytes of a tree without CPUs and command line */
#define DTB_PER_VCPU 320u

static void progress(const struct domain_build_args *args, const char *text)
{
	if (args->progress)
		args->progress(args->progress_arg, 1, text);
}

/*
 * Open and check kernel, initrd and partial tree and place them. Free with domain_images_close(). Classes:
 * ZERR_BAD_CONFIG, ZERR_FAILED.
 */
int domain_images_open(const struct domain_build_args *args, struct domain_images *ret,
		       struct zerr **err)
{
	struct domain_images im = { .kernel = { .fd = -1 }, .initrd = { .fd = -1 } };

	if (image_open_kernel(args->kernel, args->memory_bytes, args->aarch32, &im.kernel,
			      &im.header, err) != 0)
		return -1;
	if (args->initrd &&
	    image_open_initrd(args->initrd, args->memory_bytes, &im.initrd, err) != 0)
		goto fail;
	if (args->dtb && guest_dt_part_read(args->dtb, &im.part, err) != 0)
		goto fail;
	if (guest_layout_plan(args->memory_bytes, &im.header, im.initrd.size, &im.layout,
			      err) != 0)
		goto fail;
	*ret = im;
	return 0;
fail:
	domain_images_close(&im);
	return -1;
}

void domain_images_close(struct domain_images *images)
{
	image_close(&images->kernel);
	image_close(&images->initrd);
	free(images->part);
	images->part = NULL;
}

static int write_tree(struct hyp *h, const struct domain_build_args *args, const void *part,
		      struct guest_layout *l, struct zerr **err)
{
	/* libfdt clears all of it first, and each page costs. */
	const size_t need = DTB_BASE + DTB_PER_VCPU * (size_t)args->vcpus +
			    (args->cmdline ? strlen(args->cmdline) : 0);
	const size_t room = part ? GUEST_DTB_MAX : MIN(GUEST_DTB_MAX, need);
	_cleanup_free_ void *tree = malloc(room);
	struct hyp_domain_info info;
	uint8_t seed[RNG_SEED_SIZE];
	struct guest_dt_args dt = {
		.layout = l,
		.cmdline = args->cmdline,
		.vcpus = args->vcpus,
		.gic_version = args->gic_version,
		.vpmu = args->vpmu,
		.clock_frequency = args->clock_frequency,
		.vuart = args->vuart,
		.part = part,
	};
	size_t size;

	if (!tree)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM,
				"no memory for the guest's device tree");
	if (hyp_domain_info(h, args->domid, &info, err) != 1)
		return zerr_set(err, ZERR_FAILED, "E701", 0, "domain %u vanished", args->domid);
	dt.gpaddr_bits = info.gpaddr_bits;
	if (getrandom(seed, sizeof(seed), GRND_NONBLOCK) == (ssize_t)sizeof(seed)) {
		dt.rng_seed = seed;
		dt.rng_seed_size = sizeof(seed);
	}
	if (guest_dt_make(&dt, tree, room, &size, err) != 0)
		return part ? zerr_hint(err, "a guest's tree has room for %u KiB, with %s",
					GUEST_DTB_MAX / 1024, args->dtb) : -1;
	l->dtb.size = size;
	return guest_memory_write(h, args->domid, l->dtb.base, tree, size, err);
}

static int load(struct hyp *h, const struct domain_build_args *args,
		const struct domain_images *im, struct guest_layout *l, struct zerr **err)
{
	progress(args, "loading the kernel");
	if (guest_memory_load_file(h, args->domid, &im->kernel, l->kernel.base, err) != 0)
		return zerr_context(err, "load kernel", args->kernel);
	if (im->initrd.fd >= 0) {
		progress(args, "loading the initrd");
		if (guest_memory_load_file(h, args->domid, &im->initrd, l->initrd.base, err) != 0)
			return zerr_context(err, "load initrd", args->initrd);
	}
	return write_tree(h, args, im->part, l, err);
}

static int prepare(struct hyp *h, const struct domain_build_args *args, struct zerr **err)
{
	if (hyp_param_set(h, args->domid, HYP_PARAM_CALLBACK_IRQ, CALLBACK_IRQ_VALUE, err) != 0 ||
	    hyp_domain_set_address_size(h, args->domid, args->aarch32 ? 32 : 64, err) != 0)
		return -1;
	progress(args, "giving the guest its memory");
	return 0;
}

/*
 * Build into a paused domain that has its vCPUs and a memory limit that allows for the magic
 * pages. After a failure the domain is of no use: destroy it.
 */
int domain_build(struct hyp *h, const struct domain_build_args *args,
		 const struct domain_images *im, struct zerr **err)
{
	struct guest_layout l = im->layout;
	struct hyp_vcpu_start start;

	if (prepare(h, args, err) != 0 ||
	    guest_memory_populate(h, args->domid, l.ram, l.nr_ram, err) != 0 ||
	    load(h, args, im, &l, err) != 0 ||
	    magic_pages_make(h, args, err) != 0)
		return -1;
	start = (struct hyp_vcpu_start){
		.pc = l.kernel.base + im->header.entry, .dtb = l.dtb.base, .aarch32 = args->aarch32,
	};
	if (hyp_vcpu_start_state(h, args->domid, 0, &start, err) != 0)
		return -1;
	return magic_pages_grant(h, args, err);
}

int domain_build_saved(struct hyp *h, const struct domain_build_args *args, domain_fill_fn *fill,
		       void *arg, struct zerr **err)
{
	if (prepare(h, args, err) != 0 || magic_pages_make(h, args, err) != 0 ||
	    fill(arg, args->domid, err) != 0)
		return -1;
	return magic_pages_grant(h, args, err);
}
