/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that runs the bench payload under KVM: one machine with memory, a GICv3 in the kernel,
 * vCPUs started by PSCI, and a PL011 whose every access comes out to here.  It is the init of an
 * initramfs with the payload and its device tree beside it, and powers the host off when the
 * guest does.  "vcpus=N" on the kernel's command line reaches it as an environment variable.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAM_BASE 0x40000000ul
#define RAM_SIZE (128ul << 20)
#define IMAGE_AT 0x200000ul		/* from RAM_BASE */
#define TREE_AT 0x100000ul
#define GICD_BASE 0x08000000ul
#define GICR_BASE 0x080a0000ul
#define UART_BASE 0x09000000ul
#define UART_SIZE 0x1000ul
#define UART_DR 0x00
#define UART_FR 0x18
#define UART_FR_EMPTY 0x90		/* both FIFOs are */
#define MOST_VCPUS 2

#define CORE_REG(name) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | \
			KVM_REG_ARM_CORE_REG(name))

struct vcpu {
	int fd;
	unsigned int number;
	struct kvm_run *run;
	pthread_t thread;
};

static int kvm, vm;
static size_t run_size;
static struct vcpu vcpus[MOST_VCPUS];

/* Nobody is there to see an exit code: say it, and end the machine. */
static _Noreturn void end(const char *what)
{
	if (what)
		printf("BENCH-ERROR kvm: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static int must(int rc, const char *what)
{
	if (rc < 0)
		end(what);
	return rc;
}

static void load(const char *path, uint8_t *to, size_t room)
{
	int fd = must(open(path, O_RDONLY), path);
	ssize_t n;

	while ((n = read(fd, to, room)) > 0) {
		to += n;
		room -= (size_t)n;
	}
	must((int)n, path);
	close(fd);
}

/* Guest memory in 4 KiB pages that come when they are touched. */
static void make_memory(void)
{
	uint8_t *ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = RAM_BASE, .memory_size = RAM_SIZE,
	};

	if (ram == MAP_FAILED)
		end("mmap");
	madvise(ram, RAM_SIZE, MADV_NOHUGEPAGE);
	load("/bench.img", ram + IMAGE_AT, RAM_SIZE - IMAGE_AT);
	load("/bench.dtb", ram + TREE_AT, IMAGE_AT - TREE_AT);
	region.userspace_addr = (uint64_t)ram;
	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

static void set_reg(const struct vcpu *v, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uint64_t)&value };

	must(ioctl(v->fd, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}

static void make_vcpu(struct vcpu *v, unsigned int number)
{
	struct kvm_vcpu_init init = { 0 };

	v->number = number;
	v->fd = must(ioctl(vm, KVM_CREATE_VCPU, number), "KVM_CREATE_VCPU");
	must(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init), "KVM_ARM_PREFERRED_TARGET");
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (number)
		init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	must(ioctl(v->fd, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
	v->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (v->run == MAP_FAILED)
		end("mmap of kvm_run");
	if (number)
		return;
	set_reg(v, CORE_REG(regs.pc), RAM_BASE + IMAGE_AT);
	set_reg(v, CORE_REG(regs.regs[0]), RAM_BASE + TREE_AT);
}

static void gic_attr(int gic, uint32_t group, uint64_t attr, void *value)
{
	struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (uint64_t)value };

	must(ioctl(gic, KVM_SET_DEVICE_ATTR, &a), "KVM_SET_DEVICE_ATTR");
}

static void make_gic(void)
{
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	uint64_t gicd = GICD_BASE, gicr = GICR_BASE;
	uint32_t irqs = 64;

	must(ioctl(vm, KVM_CREATE_DEVICE, &device), "KVM_CREATE_DEVICE");
	gic_attr((int)device.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &gicd);
	gic_attr((int)device.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &gicr);
	gic_attr((int)device.fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs);
	gic_attr((int)device.fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static void uart_access(struct kvm_run *r)
{
	uint64_t offset = r->mmio.phys_addr - UART_BASE;

	if (r->mmio.phys_addr < UART_BASE || offset >= UART_SIZE)
		offset = UART_SIZE;
	if (r->mmio.is_write) {
		if (offset == UART_DR)
			putchar(r->mmio.data[0]);
		return;
	}
	memset(r->mmio.data, 0, sizeof(r->mmio.data));
	if (offset == UART_FR)
		r->mmio.data[0] = UART_FR_EMPTY;
}

static void *run_vcpu(void *arg)
{
	struct vcpu *v = arg;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(v->number, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	for (;;) {
		if (ioctl(v->fd, KVM_RUN, 0) < 0 && errno != EINTR && errno != EAGAIN)
			end("KVM_RUN");
		switch (v->run->exit_reason) {
		case KVM_EXIT_MMIO:
			uart_access(v->run);
			break;
		case KVM_EXIT_SYSTEM_EVENT:
			end(NULL);
		case KVM_EXIT_INTR:
		case KVM_EXIT_UNKNOWN:
			break;
		default:
			printf("BENCH-ERROR kvm: exit %u\n", v->run->exit_reason);
			end(NULL);
		}
	}
}

static void open_console(void)
{
	int fd;

	mkdir("/dev", 0755);
	mount("none", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/console", O_RDWR);
	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
}

int main(void)
{
	const char *words = getenv("vcpus");
	unsigned int n = words && *words == '2' ? 2 : 1;

	open_console();
	kvm = must(open("/dev/kvm", O_RDWR), "/dev/kvm");
	run_size = (size_t)must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	make_memory();
	for (unsigned int i = 0; i < n; i++)
		make_vcpu(&vcpus[i], i);
	make_gic();
	for (unsigned int i = 1; i < n; i++)
		pthread_create(&vcpus[i].thread, NULL, run_vcpu, &vcpus[i]);
	run_vcpu(&vcpus[0]);
	return 0;
}
