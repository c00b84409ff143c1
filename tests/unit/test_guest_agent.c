/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's agent, which may say anything: what is taken for an answer, zl wait --for=agent, and
 * zl snapshot create --quiesce. The agent here is a process at the channel's socket that notes what
 * it is asked; whatever fails, it must have been told to let the file systems go.
 */
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "snapshot_world.h"
#include "xentools/guest_agent.h"

/* ---- the reader ---- */

static void answers(void **state UNUSED)
{
	static const struct {
		const char *in;
		bool is, failed, no_such, is_number;
		int64_t number;
		const char *text;
		size_t left;
	} rows[] = {
		{ "", .is = false }, { "\n\n", .is = false },
		{ "{\"return\":1}", .is = false, .left = 12 },
		{ "{\"return\":1}\n", .is = true, .is_number = true, .number = 1 },
		{ "{\"return\":{}}\r\n", .is = true }, { "{\"return\":null}\n", .is = true },
		{ "{\"return\":\"7\"}\n", .is = true },
		{ "{\"return\":-2}\n", .is = true, .is_number = true, .number = -2 },
		{ "[1]\n{\"x\":\n7\n\"return\"\n{\"execute\":\"guest-ping\"}\n", .is = false },
		{ "\xff{\"return\":3}\nrest", .is = true, .is_number = true, .number = 3, .left = 4 },
		{ "{\"ret\xff\xff{\"return\":3}\n", .is = true, .is_number = true, .number = 3 },
		{ "{\"return\":9}\xff\n{\"return\":4}\n", .is = true, .is_number = true, .number = 4 },
		{ "{\"error\":{\"class\":\"GenericError\",\"desc\":\"a\\u001b[1m\\nb\\u009bc\\td\"}}\n",
		  true, .failed = true, .text = "a?[1m b??c d" },
		{ "{\"error\":{\"class\":\"CommandNotFound\"}}\n", .is = true, .failed = true,
		  .no_such = true },
		{ "{\"error\":{\"class\":null,\"desc\":[]}}\n", .is = true, .failed = true },
		{ "{\"error\":7}\n", .is = true, .failed = true },
		{ "{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]],\"return\":1}\n", .is = false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
		struct guest_answer a = { .text = "" };

		strbuf_addstr(&in, rows[i].in);
		if (guest_answer_take(&in, &a) != rows[i].is || a.failed != rows[i].failed ||
		    a.no_such != rows[i].no_such || a.is_number != rows[i].is_number ||
		    a.number != rows[i].number || in.len != rows[i].left ||
		    strcmp(a.text, rows[i].text ? rows[i].text : "") != 0)
			fail_msg("row %zu, %s: %s", i, rows[i].in, a.text);
	}
}

/* No line makes us keep more than there may be of one; long text is cut. */
static void long_lines(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	struct guest_answer a;

	for (unsigned int i = 0; i < 300; i++) {
		for (unsigned int k = 0; k < 1000; k++)
			strbuf_addch(&in, '[');
		assert_false(guest_answer_take(&in, &a));
		assert_true(in.len <= GUEST_LINE_MAX);
	}
	strbuf_addstr(&in, "\n{\"error\":{\"desc\":\"");
	for (unsigned int k = 0; k < 1000; k++)
		strbuf_addch(&in, 'x');
	strbuf_addstr(&in, "\"}}\n");
	assert_true(guest_answer_take(&in, &a));
	assert_int_equal(strlen(a.text), GUEST_TEXT_MAX - 1);
	assert_int_equal(in.len, 0);
}

/* ---- the agent ---- */

enum manner {
	GOOD, SILENT, HALF, RUBBISH, STALE, SLOW_START, LEAVES, PING_ERROR,
	FREEZE_SILENT, FREEZE_LATE, FREEZE_LEAVES, FREEZE_ERROR, FREEZE_UNKNOWN, FREEZE_TEXT,
	FREEZE_NONE, FREEZE_KILLS, FREEZE_SIGNALS,
	THAW_SILENT, THAW_ZERO, THAW_ERROR, THAW_KILLS, THAW_LEAVES_ONCE,
	TAKEN,			/* by another program */
};

#define MANNERS(first, last) for (enum manner how = first; how <= last; how++)

static pid_t agent_pid;
static char asked[60];			/* the file with what it was asked, a letter each */

static void tell(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return;
}

static pid_t asker(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 ? who.pid : 0;
}

/* True: it closes the channel. */
static bool on_sync(int fd, enum manner how, const char *words, bool frozen)
{
	static unsigned int times;
	const char *id = strstr(words, "\"id\":");
	_cleanup_free_ char *text = text_printf("\xff{\"return\": %s\n", id ? id + 5 : "?");

	*strpbrk(text, "}") = '\0';
	times++;
	if (how == RUBBISH) {
		for (unsigned int i = 0; i < 3000; i++)
			tell(fd, i % 7 ? "{\"return\": [[[[\x01\xff\xfe" : "{\"return\": 1}\n");
	} else if (how == STALE) {
		tell(fd, "rn\": 17}\n{\"return\": 5}\n{\"execute\":\"guest-ping\"}\n{\"ret");
	} else if (how == FREEZE_LATE && frozen) {
		tell(fd, "{\"return\": 0}\n");
	}
	if (how == HALF)
		tell(fd, "\xff{\"return\": ");
	if (how == SILENT || how == HALF || how == RUBBISH || (how == SLOW_START && times <= 2))
		return false;
	tell(fd, text);
	tell(fd, "}\n");
	return how == LEAVES;
}

static bool on_freeze(int fd, enum manner how)
{
	switch (how) {
	case FREEZE_SILENT:
	case FREEZE_LATE:
		return false;
	case FREEZE_LEAVES:
		return true;
	case FREEZE_ERROR:
		tell(fd, "{\"error\":{\"class\":\"GenericError\",\"desc\":\"no \\u001b\\nluck\"}}\n");
		return false;
	case FREEZE_UNKNOWN:
		tell(fd, "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"what?\"}}\n");
		return false;
	case FREEZE_TEXT:
		tell(fd, "{\"return\": \"2\"}\n");
		return false;
	case FREEZE_KILLS:
		kill(asker(fd), SIGKILL);
		return false;
	case FREEZE_SIGNALS:
		kill(asker(fd), SIGTERM);
		return false;
	default:
		tell(fd, how == FREEZE_NONE ? "{\"return\": 0}\n" : "{\"return\": 2}\n");
		return false;
	}
}

static bool on_thaw(int fd, enum manner how, bool frozen)
{
	static bool once;

	if ((how == THAW_LEAVES_ONCE || how == THAW_KILLS) && !once) {
		once = true;
		if (how == THAW_KILLS)
			kill(asker(fd), SIGKILL);
		return true;
	}
	if (how == THAW_ERROR)
		tell(fd, "{\"error\":{\"class\":\"GenericError\",\"desc\":\"stuck\"}}\n");
	else if (how != THAW_SILENT)
		tell(fd, frozen && how != THAW_ZERO ? "{\"return\": 2}\n" : "{\"return\": 0}\n");
	return false;
}

static void serve(int fd, enum manner how, int log)
{
	static bool frozen;
	FILE *f = fdopen(fd, "r");
	char words[300], letter;
	bool ends = false;

	while (!ends && fgets(words, sizeof(words), f)) {
		if (strstr(words, "guest-sync-delimited")) {
			letter = 's';
			ends = on_sync(fd, how, words, frozen);
		} else if (strstr(words, "freeze-freeze")) {
			letter = 'F';
			ends = on_freeze(fd, how);
			frozen = true;
		} else if (strstr(words, "freeze-thaw")) {
			letter = 'T';
			ends = on_thaw(fd, how, frozen);
			frozen = false;
		} else {
			letter = 'p';
			tell(fd, how == PING_ERROR ? "{\"error\":{\"desc\":\"sick\"}}\n" :
			     "{\"return\": {}}\n");
		}
		if (write(log, &letter, 1) != 1)
			_exit(1);
	}
	fclose(f);
}

/* An agent of that manner, with nothing asked yet. */
static void agent(enum manner how)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), log;

	if (agent_pid > 0) {
		kill(agent_pid, SIGKILL);
		waitpid(agent_pid, NULL, 0);
	}
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/agent", dir);
	snprintf(asked, sizeof(asked), "%s/asked", dir);
	unlink(a.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 8), 0);
	log = open(asked, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	agent_pid = fork();
	if (agent_pid == 0) {
		alarm(300);
		for (;;) {
			int fd = how == TAKEN ? pause() : accept(listener, NULL, NULL);

			if (fd >= 0)
				serve(fd, how, log);
		}
	}
	close(listener);
	close(log);
}

static char *what_was_asked(void)
{
	char *text;

	assert_int_equal(fd_read_file(asked, 1 << 20, &text, NULL), 0);
	return text;
}

/* Whatever stood still goes on; it may be told by one who does not wait for that. */
static void let_go(void)
{
	_cleanup_free_ char *text = NULL;
	const char *froze = NULL;

	for (unsigned int i = 0; i < 400; i++) {
		free(text);
		text = what_was_asked();
		froze = strrchr(text, 'F');
		if (froze == NULL || strchr(froze, 'T') != NULL)
			return;
		usleep(10000);
	}
	fail_msg("it was not told to go on: %s", text);
}

static unsigned int records(void)
{
	char cmd[120];
	unsigned int n = 99;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "ls %s/building 2>/dev/null | grep -c frozen-", dir);
	f = popen(cmd, "r");
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

static void channel(const char *name, const char *front_state)
{
	char tty[60];

	snprintf(tty, sizeof(tty), "%s/agent", dir);
	fake_xs_set(store, "/libxl/3/device/console/2/backend", "/local/domain/0/backend/console/3/2");
	fake_xs_set(store, "/libxl/3/device/console/2/name", name);
	fake_xs_set(store, "/local/domain/0/backend/console/3/2/tty", tty);
	if (front_state)
		fake_xs_set(store, "/local/domain/3/device/console/2/state", front_state);
}

static int agent_world(void **state)
{
	if (snapshot_world(state) != 0)
		return -1;
	add_domain(3, "g 1", XEN_DOMINF_blocked, 16);
	channel(GUEST_AGENT, "4");
	agent(GOOD);
	return 0;
}

static int agent_down(void **state)
{
	kill(agent_pid, SIGKILL);
	waitpid(agent_pid, NULL, 0);
	agent_pid = 0;
	return tear_down(state);
}

/* ---- zl wait --for=agent ---- */

#define WAIT "wait --for=agent --timeout=1 3"

/* As many programs as can wait for the channel. */
static void queue_up(void)
{
	char path[60];
	int n = 0;

	snprintf(path, sizeof(path), "%s/agent", dir);
	while (domain_console_open(path, NULL) >= 0)
		n++;
	assert_in_range(n, 1, 20);
}

static void waits(void **state UNUSED)
{
	expect(WAIT, 0, NULL, NULL);
	agent(STALE);
	expect(WAIT, 0, NULL, NULL);
	agent(SLOW_START);
	expect("wait --for=agent --timeout=20 3", 0, NULL, NULL);
	MANNERS(SILENT, RUBBISH) {
		agent(how);
		expect(WAIT, 8, NULL, "the guest's agent does not answer [E801]\n    hint: in the guest: "
		       "apt install");
	}
	agent(PING_ERROR);
	expect(WAIT, 8, NULL, "refuses guest-ping: \"sick\"");
	agent(LEAVES);
	expect(WAIT, 8, NULL, "the agent's channel was closed");
	agent(TAKEN);
	expect(WAIT, 8, NULL, "not taken [E801]\n    hint: another program has");
	queue_up();
	expect(WAIT, 8, NULL, "not taken [E801]\n    hint: another program has");
}

static void waits_in_vain(void **state UNUSED)
{
	char path[60];

	snprintf(path, sizeof(path), "%s/agent", dir);
	unlink(path);
	expect(WAIT, 8, NULL, "cannot open the console's terminal");
	channel(GUEST_AGENT, "1");
	expect(WAIT, 8, NULL, "the guest has not connected the channel " GUEST_AGENT);
	fake_hyp_domain(&fake, 3)->info.flags |= XEN_DOMINF_paused;
	expect(WAIT, 8, NULL, "it is paused, and its agent with it");
	fake_hyp_domain(&fake, 3)->info.flags |= XEN_DOMINF_shutdown;
	fake_hyp_domain(&fake, 3)->info.flags &= ~XEN_DOMINF_paused;
	expect(WAIT, 7, NULL, "it has ended");
	fake_hyp_domain(&fake, 3)->info.flags = XEN_DOMINF_hvm_guest;
	channel("org.qemu.guest_agent.1", "4");
	expect(WAIT, 3, NULL, "it has no channel " GUEST_AGENT);
}

/* ---- zl snapshot create --quiesce ---- */

#define QUIESCE SNAP("create --quiesce", "x")

static bool is_paused(void)
{
	return fake_hyp_domain(&fake, 3)->info.flags & XEN_DOMINF_paused;
}

static void freezes(void **state UNUSED)
{
	static const enum manner fine[] = { GOOD, STALE, SLOW_START, THAW_LEAVES_ONCE };

	for (size_t i = 0; i < ARRAY_SIZE(fine); i++) {
		_cleanup_free_ char *text = NULL;
		struct json_object *o, *v;

		agent(fine[i]);
		expect("--timeout 9 " QUIESCE, 0, NULL, "g 1 is made: disk-snapshot, quiesced\n");
		assert_true(was_paused && !is_paused());
		text = what_was_asked();
		assert_non_null(strstr(text, "sF"));
		let_go();
		assert_int_equal(records(), 0);
		holds("g%201/x/xvda", "first a");
		expect(SNAP("info", "x"), 0, "state     : disk-snapshot, quiesced\n", NULL);
		o = run_json("--json " SNAP("info", "x"), "zl.snapshot/1");
		assert_true(json_object_object_get_ex(o, "quiesced", &v));
		assert_true(json_object_get_boolean(v));
		json_object_put(o);
		expect(SNAP("delete", "x"), 0, NULL, NULL);
	}
	agent(FREEZE_NONE);
	expect("--timeout 9 " QUIESCE, 0, NULL, "held no file system still: the copies are as after "
	       "a power cut [W721]");
	let_go();
	assert_int_equal(records(), 0);
	expect(SNAP("info", "x"), 0, "state     : disk-snapshot\n", NULL);
	expect(SNAP("delete", "x"), 0, NULL, NULL);
	agent(GOOD);
	expect("-N " QUIESCE, 0, "snapshot x of g 1 would be made", "xvdc is left out");
	expect(SNAP("create", "x"), 0, NULL, "is made: disk-snapshot\n");
	let_go();
}

/* Who is off has nothing to hold still. */
static void off(void **state UNUSED)
{
	_cleanup_free_ char *text = NULL;

	expect("destroy 3", 0, NULL, NULL);
	expect(QUIESCE, 0, NULL, "is made: shutoff\n");
	text = what_was_asked();
	assert_string_equal(text, "");
}

static void freeze_failures(void **state UNUSED)
{
	static const struct {
		enum manner how;
		int code;
		const char *err;
	} rows[] = {
		{ SILENT, 8, "the guest's agent does not answer [E806]\n    hint: in the guest" },
		{ HALF, 8, "does not answer" }, { RUBBISH, 8, "does not answer" },
		{ TAKEN, 8, "is not taken" },
		{ LEAVES, 1, "the agent's channel was closed" },
		{ PING_ERROR, 1, "refuses guest-ping: \"sick\"" },
		{ FREEZE_SILENT, 8, "does not answer" }, { FREEZE_LATE, 8, "does not answer" },
		{ FREEZE_LEAVES, 1, "channel was closed" },
		{ FREEZE_ERROR, 1, "refuses guest-fsfreeze-freeze: \"no ? luck\"" },
		{ FREEZE_UNKNOWN, 5, "refuses guest-fsfreeze-freeze: \"what?\"" },
		{ FREEZE_TEXT, 1, "with no number" },
		{ THAW_SILENT, 8, "does not answer" },
		{ THAW_ZERO, 7, "its file systems went on before the disks were copied [E737]" },
		{ THAW_ERROR, 1, "refuses guest-fsfreeze-thaw: \"stuck\"" },
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		agent(rows[i].how);
		expect(QUIESCE, rows[i].code, NULL, rows[i].err);
		let_go();
		assert_int_equal(records(), 0);
		assert_false(is_paused());
		assert_int_equal(stat(of_dir("%s/g%%201"), &st), -1);
	}
	channel(GUEST_AGENT, "1");
	expect(QUIESCE, 7, NULL, "the guest has not connected the channel");
	channel("other", "4");
	expect(QUIESCE, 3, NULL, "it has no channel " GUEST_AGENT " [E302]\n    hint: zl device-attach");
}

/* Each system call failing once, between freeze and thaw and around them. */
static void other_failures(void **state UNUSED)
{
	unsigned int at, failed = 0, frozen = 0;

	for (at = 1; at < 60; at++) {
		_cleanup_free_ char *text = NULL;
		struct caught c;
		int rc;

		agent(GOOD);
		calls = 0;
		fail_at = at;
		rc = run(&c, "-q " QUIESCE);
		output_free(&c);
		fail_at = 0;
		let_go();
		assert_int_equal(records(), 0);
		assert_false(is_paused());
		text = what_was_asked();
		frozen += strchr(text, 'F') != NULL;
		failed += rc != 0;
		if (rc == 0)
			expect(SNAP("delete", "x"), 0, NULL, NULL);
		if (calls < at)
			break;
	}
	assert_in_range(at, 8, 59);
	assert_true(failed >= 6 && frozen >= 6);
}

static void interruptions(void **state UNUSED)
{
	struct caught c;

	agent(FREEZE_SIGNALS);
	assert_int_equal(run(&c, "-q " QUIESCE), 130);
	output_free(&c);
	take_signal(SIGTERM);
	let_go();
	agent(GOOD);
	calls = 0;
	signal_at = 3;			/* the first file's copy */
	assert_int_equal(run(&c, "-q " QUIESCE), 130);
	output_free(&c);
	signal_at = 0;
	take_signal(SIGTERM);
	let_go();
	assert_int_equal(records(), 0);
	assert_false(is_paused());
}

/* In a process that is killed, at a call or by the agent; what it did dies with it. */
static bool was_killed(unsigned int at)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		calls = 0;
		kill_at = at;
		_exit(run_line("-q " QUIESCE) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) || WEXITSTATUS(status) == 99;
}

static void repaired(void)
{
	struct caught c;

	run(&c, "check --repair");
	output_free(&c);
	let_go();
	assert_int_equal(records(), 0);
}

static void kills(void **state UNUSED)
{
	unsigned int at, left = 0;

	agent(FREEZE_KILLS);
	assert_true(was_killed(0));
	assert_int_equal(records(), 1);
	repaired();
	agent(THAW_KILLS);
	assert_true(was_killed(0));
	assert_int_equal(records(), 1);
	repaired();
	for (at = 1; at < 60; at++) {
		agent(GOOD);
		if (!was_killed(at))
			break;
		left += records();
		repaired();
		snprintf(line, sizeof(line), "rm -rf %s/g%%201", dir);
		assert_int_equal(system(line), 0);
	}
	assert_in_range(at, 8, 59);
	assert_true(left >= 4);
}

/* The record of a guest that cannot be told now stays; that of one that is gone does not. */
static void later(void **state UNUSED)
{
	agent(FREEZE_KILLS);
	assert_true(was_killed(0));
	channel(GUEST_AGENT, "1");
	expect("pause 3", 0, NULL, NULL);	/* which looks for what was left, too */
	assert_int_equal(records(), 1);
	channel(GUEST_AGENT, "4");
	expect("unpause 3", 0, NULL, NULL);
	let_go();
	assert_int_equal(records(), 0);
	agent(FREEZE_KILLS);
	assert_true(was_killed(0));
	expect("destroy 3", 0, NULL, NULL);
	add_domain(4, "another", XEN_DOMINF_blocked, 16);
	expect("pause 4", 0, NULL, NULL);
	assert_int_equal(records(), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, agent_world, agent_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers), cmocka_unit_test(long_lines),
		T(waits), T(waits_in_vain), T(freezes), T(off), T(freeze_failures), T(other_failures),
		T(interruptions), T(kills), T(later),
	};

	return cmocka_run_group_tests_name("a guest's agent", tests, NULL, NULL);
}
