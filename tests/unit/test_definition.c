/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Persistent definitions: what is stored of a user's text, who may take which name and UUID, and
 * that a failure at each system call of a change leaves everything as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xentools/config.h>
#include <xentools/definition.h>
#include <xentools/error.h>
#include <xentools/fd_util.h>
#include <xentools/strbuf.h>

static struct domain_ctx ctx;
static char dir[40];
static unsigned int warnings;

/* ---- system calls that fail when told ---- */

static unsigned int calls, fail_at;

static bool fails(void)
{
	if (++calls != fail_at)
		return false;
	errno = ENOSPC;
	return true;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int mkostemp(char *path, int flags)
{
	return fails() ? -1 : REAL(mkostemp)(path, flags);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	if (fd > 2 && fails()) {
		if (REAL(write)(fd, buf, len / 2) < 0)	/* a full disk takes a part */
			return -1;
		errno = ENOSPC;
		return -1;
	}
	return REAL(write)(fd, buf, len);
}

int fchmod(int fd, mode_t mode)
{
	return fails() ? -1 : REAL(fchmod)(fd, mode);
}

static char synced[200];		/* names of the folders, "domains autostart " */

int fsync(int fd)
{
	char link[40], target[100] = "";
	struct stat st;

	/* After the rename a failure cannot take anything back: not for this test. */
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (readlink(link, target, sizeof(target) - 1) > 0 && strlen(synced) < 100) {
			strcat(synced, strrchr(target, '/') + 1);
			strcat(synced, " ");
		}
		return 0;
	}
	return fails() ? -1 : REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
	return fails() ? -1 : REAL(rename)(from, to);
}

int symlink(const char *target, const char *path)
{
	return fails() ? -1 : REAL(symlink)(target, path);
}

/* Undoing must not fail, too: only the first one does. */
int unlink(const char *path)
{
	return fails() ? -1 : REAL(unlink)(path);
}

/* ---- the world ---- */

static void on_warning(void *arg, const char *code, const char *text)
{
	(void)arg;
	(void)text;
	assert_string_equal(code, "W903");
	warnings++;
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/zl-test-def-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	fail_at = warnings = 0;
	ctx = (struct domain_ctx){ .run_dir = dir, .log_dir = dir, .config_dir = dir,
				   .warn = on_warning };
	return 0;
}

static int tear_down(void **state)
{
	char cmd[80];

	(void)state;
	fail_at = 0;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

#define UUID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_B "bbbbbbbb-0000-4000-8000-000000000002"

#define PLAIN(name, inside) \
	"<domain type='xen'>\n  <!-- mine -->\n  <name>" name "</name>" inside "\n" \
	"  <memory unit='MiB'>16</memory>\n  <os><kernel>/k</kernel></os>\n</domain>\n"

static int save(const char *text, enum definition_mode mode, struct zerr **err)
{
	struct config_diags diags = { .count = 0 };
	struct domain_config cfg;
	int rc;

	assert_int_equal(config_read_mem("t", text, strlen(text), NULL, &cfg, &diags, NULL), 0);
	config_diags_free(&diags);
	rc = definition_save(&ctx, text, &cfg, mode, -1, err);
	domain_config_free(&cfg);
	return rc;
}

static void must_save(const char *text)
{
	struct zerr *err = NULL;

	if (save(text, DEFINITION_NEW, &err) != 0)
		fail_msg("%s", err->message);
}

static struct zerr *why;

static void check_refusal(int rc, enum zerr_class cls, const char *word)
{
	assert_int_equal(rc, -1);
	assert_int_equal(zerr_class_of(why), cls);
	if (!strstr(why->message, word))
		fail_msg("\"%s\" does not say \"%s\"", why->message, word);
	zerr_free(why);
	why = NULL;
}

static char *stored(const char *file)
{
	char *text, path[80];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return fd_read_file(path, 1 << 20, &text, NULL) == 0 ? text : NULL;
}

static void text_is_the_users(void **state)
{
	_cleanup_definition_ struct definition d = { .text = NULL };
	_cleanup_free_ char *text = NULL;
	char uuid[DOMAIN_UUID_TEXT], path[80];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/domains", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/domains/a.xml.Xx9Yz0", dir);
	assert_int_equal(fd_write_file_atomic(path, "half", 4, 0600), 0);
	must_save(PLAIN("web one", ""));
	/* What a killed writer left is gone with the next save. */
	assert_int_equal(stat(path, &st), -1);
	text = stored("domains/web%20one.xml");
	assert_non_null(text);
	assert_int_equal(definition_load(&ctx, "web one", &d, NULL), 1);
	domain_uuid_format(d.cfg.uuid, uuid);
	assert_non_null(strstr(text, "<!-- mine -->\n  <name>web one</name>\n  <uuid>"));
	assert_non_null(strstr(text, uuid));
	snprintf(path, sizeof(path), "%s/domains/web%%20one.xml", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(d.autostart);
	/* By UUID, by words, and not at all. */
	definition_clear(&d);
	assert_int_equal(definition_find(&ctx, uuid, &d, NULL), 1);
	definition_clear(&d);
	assert_int_equal(definition_find(&ctx, "name=web one", &d, NULL), 1);
	definition_clear(&d);
	assert_int_equal(definition_find(&ctx, "uuid=web one", &d, NULL), 0);
	assert_int_equal(definition_find(&ctx, "nosuch", &d, NULL), 0);
	assert_int_equal(definition_find(&ctx, "../domains/x", &d, NULL), 0);
	assert_int_equal(definition_find(&ctx, "7", &d, NULL), 0);
}

static void names_and_uuids_are_unique(void **state)
{
	_cleanup_free_ char *first = NULL, *second = NULL;
	struct definition *list;
	size_t n;

	(void)state;
	must_save(PLAIN("a", "<uuid>" UUID_A "</uuid>"));
	must_save(PLAIN("a", "<uuid>" UUID_A "</uuid><title>new</title>"));
	check_refusal(save(PLAIN("a", ""), DEFINITION_NEW, &why), ZERR_STATE, "already defined");
	check_refusal(save(PLAIN("a", "<uuid>" UUID_B "</uuid>"), DEFINITION_NEW, &why), ZERR_STATE,
		"another UUID");
	check_refusal(save(PLAIN("b", "<uuid>" UUID_A "</uuid>"), DEFINITION_REPLACE, &why),
		ZERR_STATE, "has the same UUID");
	first = stored("domains/a.xml");
	assert_non_null(strstr(first, "<title>new</title>"));
	/* In the place of the old one, and with its UUID. */
	assert_int_equal(save(PLAIN("a", ""), DEFINITION_REPLACE, NULL), 0);
	second = stored("domains/a.xml");
	assert_non_null(strstr(second, UUID_A));
	assert_null(strstr(second, "<title>"));
	must_save(PLAIN("b", "<uuid>" UUID_B "</uuid>"));
	assert_int_equal(definition_list(&ctx, &list, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[1].cfg.name, "b");
	definition_list_free(list, n);
}

static void damage_is_told(void **state)
{
	_cleanup_definition_ struct definition d = { .text = NULL };
	struct definition *list;
	char path[80];
	size_t n;

	(void)state;
	must_save(PLAIN("a", "<uuid>" UUID_A "</uuid>"));
	must_save(PLAIN("b", "<uuid>" UUID_B "</uuid>"));
	snprintf(path, sizeof(path), "%s/domains/b.xml", dir);
	assert_int_equal(fd_write_file_atomic(path, "<domain", 7, 0600), 0);
	snprintf(path, sizeof(path), "%s/domains/c.xml", dir);
	assert_int_equal(fd_write_file_atomic(path, PLAIN("a", "<uuid>" UUID_A "</uuid>"),
					      strlen(PLAIN("a", "<uuid>" UUID_A "</uuid>")),
					      0600), 0);
	check_refusal(definition_load(&ctx, "b", &d, &why), ZERR_BAD_CONFIG, "");
	check_refusal(definition_load(&ctx, "c", &d, &why), ZERR_BAD_CONFIG, "called \"a\"");
	assert_int_equal(definition_list(&ctx, &list, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(warnings, 2);
	definition_list_free(list, n);
	check_refusal(save(PLAIN("b", ""), DEFINITION_NEW, &why), ZERR_BAD_CONFIG, "");
	assert_int_equal(save(PLAIN("b", ""), DEFINITION_REPLACE, NULL), 0);
	assert_int_equal(definition_remove(&ctx, "c", NULL), 0);
}

static void rename_and_autostart(void **state)
{
	_cleanup_definition_ struct definition d = { .text = NULL };

	(void)state;
	must_save(PLAIN("a", "<uuid>" UUID_A "</uuid><metadata><x:name xmlns:x='urn:x'>"
			"<name>a</name></x:name></metadata>"));
	must_save(PLAIN("b", "<uuid>" UUID_B "</uuid>"));
	assert_int_equal(definition_set_autostart(&ctx, "a", true, NULL), 0);
	assert_int_equal(definition_set_autostart(&ctx, "a", true, NULL), 0);
	check_refusal(definition_rename(&ctx, "a", "b", &why), ZERR_STATE, "already defined");
	check_refusal(definition_rename(&ctx, "a", "7", &why), ZERR_USAGE, "not possible");
	check_refusal(definition_rename(&ctx, "x", "y", &why), ZERR_NOT_FOUND, "not defined");
	assert_int_equal(definition_rename(&ctx, "a", "new", NULL), 0);
	assert_int_equal(definition_load(&ctx, "a", &d, NULL), 0);
	assert_int_equal(definition_load(&ctx, "new", &d, NULL), 1);
	assert_true(d.autostart);
	assert_non_null(strstr(d.text, "<!-- mine -->\n  <name>new</name>"));
	assert_non_null(strstr(d.text, "<name>a</name></x:name>"));
	assert_int_equal(definition_set_autostart(&ctx, "new", false, NULL), 0);
	assert_int_equal(definition_remove(&ctx, "new", NULL), 0);
	check_refusal(definition_remove(&ctx, "new", &why), ZERR_NOT_FOUND, "not defined");
}

static void one_writer(void **state)
{
	int fd;

	(void)state;
	must_save(PLAIN("a", "<uuid>" UUID_A "</uuid>"));
	assert_int_equal(definition_lock(&ctx, "a", &fd, NULL), 0);
	check_refusal(save(PLAIN("a", ""), DEFINITION_REPLACE, &why), ZERR_STATE, "somebody else");
	check_refusal(definition_remove(&ctx, "a", &why), ZERR_STATE, "somebody else");
	close(fd);
	assert_int_equal(definition_remove(&ctx, "a", NULL), 0);
}

/* The start policy finds its place in any text, and the rest of it stays as it is. */
static void start_policy(void **state)
{
#define EXTENSION(inside) "<metadata><z:domain xmlns:z='" CONFIG_NAMESPACE "'>" inside \
			  "</z:domain></metadata>"
	static const char *const inside[] = {
		"<uuid>" UUID_A "</uuid>",
		"<uuid>" UUID_A "</uuid><metadata><x:y xmlns:x='urn:x'/></metadata>",
		"<uuid>" UUID_A "</uuid>" EXTENSION("<z:irq number='40'/>"),
		"<uuid>" UUID_A "</uuid>" EXTENSION("<z:start delay='9' stop='destroy'/>"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(inside); i++) {
		_cleanup_definition_ struct definition d = { .text = NULL };
		_cleanup_definition_ struct definition after = { .text = NULL };
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, PLAIN("a", "%s"), inside[i]) > 0);
		assert_int_equal(save(text, DEFINITION_REPLACE, NULL), 0);
		assert_int_equal(definition_load(&ctx, "a", &d, NULL), 1);
		d.cfg.start.order = 7;
		assert_int_equal(definition_save(&ctx, d.text, &d.cfg, DEFINITION_REPLACE, -1,
						 NULL), 0);
		assert_int_equal(definition_load(&ctx, "a", &after, NULL), 1);
		assert_int_equal(after.cfg.start.order, 7);
		assert_int_equal(after.cfg.start.delay_s, d.cfg.start.delay_s);
		assert_non_null(strstr(after.text, "<!-- mine -->"));
	}
}

/* Title, description and links find their places, too. */
static void words_and_links(void **state)
{
	static const char devices[] = "<devices><interface type='bridge'><source bridge='b'/>"
		"<link state='down'/></interface><interface type='bridge'><source bridge='b'/>"
		"</interface></devices>";
	_cleanup_definition_ struct definition d = { .text = NULL }, after = { .text = NULL };
	_cleanup_free_ char *text = NULL;

	(void)state;
	assert_true(asprintf(&text, PLAIN("a", "<uuid>" UUID_A "</uuid><title>old</title>%s"),
			     devices) > 0);
	must_save(text);
	assert_int_equal(definition_load(&ctx, "a", &d, NULL), 1);
	free(d.cfg.title);
	d.cfg.title = strdup("a < b");
	d.cfg.description = strdup("two\nlines");
	d.cfg.nics[0].link_down = false;
	assert_int_equal(definition_save(&ctx, d.text, &d.cfg, DEFINITION_REPLACE, -1, NULL), 0);
	assert_int_equal(definition_load(&ctx, "a", &after, NULL), 1);
	assert_non_null(strstr(after.text, "<!-- mine -->"));
	assert_non_null(strstr(after.text, "</uuid><title>a &lt; b</title>\n"
			       "  <description>two\nlines</description><devices>"));
	assert_non_null(strstr(after.text, "<link state='up'/></interface>"));
	assert_string_equal(after.cfg.description, "two\nlines");
	free(after.cfg.title);
	after.cfg.title = NULL;
	assert_int_equal(definition_save(&ctx, after.text, &after.cfg, DEFINITION_REPLACE, -1,
					 NULL), 0);
	free(text);
	text = stored("domains/a.xml");
	assert_null(strstr(text, "<title>"));
	assert_non_null(strstr(text, "<!-- mine -->"));
}

/* ---- a failure at each step ---- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Everything in the two folders: names, links, contents. */
static char *snapshot(void)
{
	static const char *const folders[] = { "domains", "autostart" };
	struct strbuf sb = STRBUF_INIT;

	for (size_t f = 0; f < 2; f++) {
		char path[80];
		struct dirent **list;
		int n;

		snprintf(path, sizeof(path), "%s/%s", dir, folders[f]);
		n = scandir(path, &list, NULL, by_name);
		for (int i = 0; i < n; i++) {
			_cleanup_free_ char *text = NULL, *file = NULL;

			assert_true(asprintf(&file, "%s/%s", folders[f], list[i]->d_name) > 0);
			text = list[i]->d_name[0] == '.' ? NULL : stored(file);
			if (text)
				strbuf_addf(&sb, "%s:\n%s\n", file, text);
			free(list[i]);
		}
		if (n >= 0)
			free(list);
	}
	return strbuf_steal(&sb);
}

static int save_new(struct zerr **err)
{
	return save(PLAIN("c", ""), DEFINITION_NEW, err);
}

static int replace(struct zerr **err)
{
	return save(PLAIN("a", "<title>changed</title>"), DEFINITION_REPLACE, err);
}

static int move(struct zerr **err)
{
	return definition_rename(&ctx, "a", "z", err);
}

static int drop(struct zerr **err)
{
	return definition_remove(&ctx, "a", err);
}

static int link_b(struct zerr **err)
{
	return definition_set_autostart(&ctx, "b", true, err);
}

static int unlink_a(struct zerr **err)
{
	return definition_set_autostart(&ctx, "a", false, err);
}

static void synced_is(int (*change)(struct zerr **), const char *folders)
{
	synced[0] = '\0';
	assert_int_equal(change(NULL), 0);
	assert_string_equal(synced, folders);
}

/* A power cut takes back nothing that was told to be done. */
static void changes_are_on_the_disk(void **state)
{
	(void)state;
	must_save(PLAIN("a", "<uuid>" UUID_A "</uuid>"));
	must_save(PLAIN("b", "<uuid>" UUID_B "</uuid>"));
	assert_int_equal(definition_set_autostart(&ctx, "a", true, NULL), 0);
	synced_is(save_new, "domains ");
	synced_is(link_b, "autostart ");
	synced_is(unlink_a, "autostart ");
	assert_int_equal(definition_set_autostart(&ctx, "a", true, NULL), 0);
	synced_is(move, "domains autostart autostart domains ");
	assert_int_equal(definition_rename(&ctx, "z", "a", NULL), 0);
	synced_is(drop, "autostart domains ");
}

static void each_failure_changes_nothing(void **state)
{
	static int (*const changes[])(struct zerr **) = { save_new, replace, move, drop, link_b,
							  unlink_a };
	_cleanup_free_ char *before = NULL;
	unsigned int failures = 0;

	(void)state;
	must_save(PLAIN("a", "<uuid>" UUID_A "</uuid>"));
	must_save(PLAIN("b", "<uuid>" UUID_B "</uuid>"));
	assert_int_equal(definition_set_autostart(&ctx, "a", true, NULL), 0);
	before = snapshot();
	for (size_t c = 0; c < ARRAY_SIZE(changes); c++) {
		unsigned int at;

		for (at = 1; at < 50; at++) {
			_cleanup_free_ char *after = NULL;
			_cleanup_zerr_ struct zerr *err = NULL;
			int rc;

			calls = 0;
			fail_at = at;
			rc = changes[c](&err);
			fail_at = 0;
			after = snapshot();
			if (calls < at) {	/* it got through: on with the next change */
				assert_int_equal(rc, 0);
				assert_string_not_equal(before, after);
				tear_down(NULL);
				assert_int_equal(mkdir(dir, 0700), 0);
				must_save(PLAIN("a", "<uuid>" UUID_A "</uuid>"));
				must_save(PLAIN("b", "<uuid>" UUID_B "</uuid>"));
				definition_set_autostart(&ctx, "a", true, NULL);
				break;
			}
			if (rc == 0) {
				/* Only what comes after the change may fail unheard. */
				assert_true(changes[c] == move);
				assert_int_equal(definition_rename(&ctx, "z", "a", NULL), 0);
				continue;
			}
			failures++;
			assert_int_equal(zerr_class_of(err), ZERR_NO_RESOURCES);
			if (strcmp(before, after) != 0)
				fail_msg("change %zu, failure %u; before:\n%s\nafter:\n%s", c, at,
					 before, after);
		}
		assert_true(at < 50);
	}
	assert_true(failures >= 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_is_the_users, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_and_uuids_are_unique, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damage_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rename_and_autostart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(start_policy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(changes_are_on_the_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(words_and_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_failure_changes_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("definition", tests, NULL, NULL);
}
