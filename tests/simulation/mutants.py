"""Breaks src/session/ in many ways, one at a time, and looks whether the simulation and the unit tests notice within ten
seconds. A test that notices nothing of a broken program tests nothing: here that becomes visible.

    mutants.py [--only WORDS] [--seconds S] [--jobs N]

Each mutant is a text that stands once in that folder, and what is written in its place. Those of UNNOTICED change nothing
that anybody could see; each says why, and it is an error if one of them is noticed after all."""

import argparse
import concurrent.futures
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNIT_TESTS = ["test_window", "test_course", "test_connection", "test_summary", "test_denials", "test_limits"]

# what it does wrong, text, replacement
MUTANTS = [
    ("the back-off does not grow", "connection->back_off_ms *= 2;", ""),
    ("the back-off grows without end", "    connection->back_off_ms = BACK_OFF_MAX_MS;", "    ;"),
    ("the back-off has no jitter", "(0.75 + fraction / 2)", "(1 + 0 * fraction)"),
    ("the jitter is too large", "(0.75 + fraction / 2)", "(0.25 + fraction * 1.5)"),
    ("a good connection does not end the back-off", "    connection->back_off_ms = BACK_OFF_MIN_MS;", "    (void)connection;"),
    ("the session is never kept", "connect->cleansession = attempt->clean;", "connect->cleansession = 1;"),
    ("the session is always kept", "connect->cleansession = attempt->clean;", "connect->cleansession = 0;"),
    ("the last connection does not remove the session", ".clean = true};", ".clean = false};"),
    ("which broker keeps a session is not noted", "= connection->keeps_session && connection->limits.session_expiry > 0;", "= false;"),
    ("a forgotten session is not counted", "connection->forgotten++;", ";"),
    ("a session that is there counts as forgotten", "sessionPresent != 0", "sessionPresent == 0"),
    ("a first session counts as forgotten", "had_session && !lost_at_once", "!lost_at_once"),
    ("the will is not handed over", "connect.will = attempt->will;", ";"),
    ("the will is not retained", "will.retained = 1;", "will.retained = 0;"),
    ("the list of brokers has no end", "return connection->broker > before;", "return connection->settings->broker_count > 1;"),
    ("the list of brokers ends after the first", "return connection->broker > before;", "return false;"),
    ("after a loss the list goes on where it was", "connection->broker = connection->settings->broker_count - 1;", ""),
    ("offline time goes on while connected", "connection->lost_us = 0;", ";"),
    ("offline time is not summed up", "connection->offline_us = connection_offline_us(connection, now_us);", ""),
    ("each loss counts twice", "connection->losses++;", "connection->losses += 2;"),
    ("long lives count as short ones", "connection->accepted_us < SHORT_US", "connection->accepted_us > SHORT_US"),
    ("short lives add up however many long ones lie between", "connection->short_lives + 1 : 0;", "connection->short_lives + 1 : connection->short_lives;"),
    ("no keep alive", "connect.keepAliveInterval = attempt->keep_alive;", "connect.keepAliveInterval = 0;"),
    ("Paho lets one message in flight", "connect.reliable = 0;", "connect.reliable = 1;"),
    ("Paho's window is smaller than ours", "connect.maxInflightMessages = WINDOW_OF_PAHO;", "connect.maxInflightMessages = 3;"),
    ("Paho tries again with MQTT 3.1", "connect->MQTTVersion = MQTTVERSION_3_1_1;", "connect->MQTTVersion = MQTTVERSION_DEFAULT;"),
    ("connecting takes half a minute", ".timeout_s = CONNECT_TIMEOUT_S,", ".timeout_s = 30,"),
    ("no user name", "connect.username = text_or_null(settings->username);", ""),
    ("the handle of the last connection is leaked", "MQTTClient_destroy(&client);", ";"),
    ("the last connection goes to the first broker", ".broker = &connection->settings->brokers[broker],", ".broker = &connection->settings->brokers[0],"),
    ("the window is one larger", "window->unchecked >= window->size", "window->unchecked > window->size"),
    ("what is published is not counted", "window->unchecked++;", ";"),
    ("what is in flight is not counted", "window->unchecked = count;", "window->unchecked = 0;"),
    ("one in flight is overlooked", "window->unchecked = count;", "window->unchecked = count > 0 ? count - 1 : 0;"),
    ("every message counts as acknowledged", "window->has_moved || left < window->counted", "window->has_moved || left <= window->counted"),
    ("an acknowledgement behind a message that waits is not seen", "window->has_moved || left < window->counted", "window->has_moved || oldest != window->oldest"),
    ("a message waits since the beginning of time", "window->oldest_since_us = now_us;", ""),
    ("a message waits since the connection before", "window->oldest = 0; /*", "; /*"),
    ("no message ever waits too long", "window->oldest == 0 ? 0 : now_us", "window->oldest != 0 ? 0 : now_us"),
    ("the tokens are leaked", "MQTTClient_free(tokens);", ";"),
    ("the last reason counts", "if (course->status != EX_OK)", "if (false)"),
    ("what was late is made up for in a burst", "next_us > now_us ? next_us : now_us;", "next_us;"),
    ("the work between two messages slows down the pace", "(course->next_us == 0 ? now_us : course->next_us)", "now_us"),
    ("one message too many", "course->done < course->count;", "course->done <= course->count;"),
    ("the last message is waited for", "course->done + 1 >= course->count", "course->done >= course->count"),
    ("the last message but one is not waited for", "course->done + 1 >= course->count", "course->done + 2 >= course->count"),
    ("--timeout takes twice as long", "course->started_us + course->timeout_us", "course->started_us + 2 * course->timeout_us"),
    ("what is not acknowledged is not told", "if (window->unchecked > 0)", "if (false)"),
    ("what is left over is not told", "if (left_over.count > 0)", "if (false)"),
    ("losses are not told", "if (connection->losses > 0)", "if (false)"),
    ("forgotten sessions are not summed up", "if (connection->forgotten > 0)", "if (false)"),
    ("Ctrl-C is not noticed", "if (stop_requested() || course_has_ended(course))", "if (course_has_ended(course))"),
    ("a failed console is not noticed", "if (console_failed())", "if (false)"),
    ("--timeout is not noticed", "else if (course->timeout_us != 0 &&", "else if (false &&"),
    ("a guess never becomes the reason", "if (parts->is_guess && !parts->let_through)", "if (false)"),
    ("who was let through suspects the last packet", "parts->is_guess = !parts->let_through && parts->last_packet != NULL;", "parts->is_guess = parts->last_packet != NULL;"),
    ("an acknowledgement does not let through", "parts->let_through || parts->window.has_moved;", "parts->let_through;"),
    ("a granted subscription does not let through", "        parts->let_through = true;\n        parts->awaits_answer", "        parts->awaits_answer"),
    ("in callback mode it receives", "    if (parts->mode == SESSION_CALLBACKS) {", "    if (false) {"),
    ("what the program has subscribed to is pumped and thrown away", "    if (parts->has_subscribed)\n        MQTTClient_yield();", "    if (false)\n        MQTTClient_yield();"),
    ("what the program has subscribed to is pumped and thrown away while it waits", "parts->mode == SESSION_ONE_THREAD && !parts->has_subscribed;", "parts->mode == SESSION_ONE_THREAD;"),
    ("what arrives unasked is leaked", "    MQTTClient_freeMessage(&message);\n    MQTTClient_free(topic);", "    MQTTClient_freeMessage(&message);"),
    ("a silent broker is accused of its acknowledgements", "    if (!answers) {", "    if (false) {"),
    ("who waits for acknowledgements is taken to be stuck", "    stop_requested(); /* who comes here is not stuck in a call, which the alarm would end */\n    if (parts->mode", "    if (parts->mode"),
    ("one lost acknowledgement ends the program", "    if (parts->window.has_moved) {", "    if (false) {"),
    ("a lost acknowledgement is waited for for ever", "        MQTTClient_disconnect(session->client, 0);\n        return;", "        return;"),
    ("one broker that refuses ends it, whatever the others would say", "connection_is_hopeless(&parts->connection))", "parts->failure.final)"),
    ("who ends at once does not say which sessions stay", "%s%sEnded while %s %s%s\", summary, sessions,", "%s%.0sEnded while %s %s%s\", summary, sessions,"),
    ("old numbers are not told as such", "summary[0] == '\\0' ? \"\" : \"; the numbers", "true ? \"\" : \"; the numbers"),
    ("a broker that acknowledges nothing is not noticed", "STALLED_US = 10000000,", "STALLED_US = 2000000000,"),
    ("a slow broker is accused", "        return; /* it was slow, no more */", "        ;"),
    ("room is made for no message", "delivery_await(session, parts->window.size - 1, SESSION_TIMEOUT_MS);", ";"),
    ("a full window does not stop a message that Paho took", "beside the window. */\n        if (parts->state == UP)", "beside the window. */\n        if (false)"),
    ("a full window stops what on_connected announces", "beside the window. */\n        if (parts->state == UP)", "beside the window. */\n        if (true)"),
    ("what was in flight before the loss is no reason to wait", "        if (!window_is_full(&session->parts->window))", "        if (true)"),
    ("what was in flight before the loss does not stop the message that was lost", "    return states_stay_ready(session);\n", "    return states_stay_up(session);\n"),
    ("what was in flight before the loss does not stop the next message", "    while (states_stay_ready(session)) {", "    while (states_stay_up(session)) {"),
    ("the beginning waits for what was in flight before", "    parts->answered_us = parts->connection.accepted_us;", "    parts->answered_us = parts->connection.accepted_us;\n    delivery_make_room(session);"),
    ("what Paho took is not counted", "        window_add(&parts->window);", "        ;"),
    ("in on_connected it connects again", "if (parts->state != UP || ending_has_come(session))", "if (ending_has_come(session))"),
    ("a message that Paho refused is tried for ever", "    if (MQTTClient_isConnected(session->client)) {\n        session_fail(session, EX_SOFTWARE, \"Paho refused", "    if (false) {\n        session_fail(session, EX_SOFTWARE, \"Paho refused"),
    ("a lost message is not published again", "    return states_stay_ready(session);\n", "    states_stay_ready(session);\n    return false;\n"),
    ("on_connected is forgotten after the first connection", "    if (parts->on_connected != NULL && MQTTClient_isConnected", "    if (parts->on_connected != NULL && !parts->was_proven && MQTTClient_isConnected"),
    ("what on_connected says is not heard", "        rc = parts->on_connected(session, parts->context);", "        parts->on_connected(session, parts->context);"),
    ("a signal in on_connected is the broker's fault", "if (course_has_ended(&parts->course) || (rc != MQTTCLIENT_SUCCESS && stop_requested()))", "if (course_has_ended(&parts->course))"),
    ("every connection is proven", "age_us >= PROVEN_US", "age_us >= 0"),
    ("no connection is proven", "age_us >= PROVEN_US", "age_us >= 1000000 * PROVEN_US"),
    ("every connection has settled", "age_us >= SETTLED_US", "age_us >= 0"),
    ("a lost connection is not noticed", "    return MQTTClient_isConnected(session->client) ? NOTHING : LOST;", "    return NOTHING;"),
    ("the other brokers are not tried", "    if (connection_next_broker(&parts->connection))", "    if (false)"),
    ("what is final is tried again", "        connection_rule_out(&parts->connection);", "        ;"),
    ("--wait is not honoured", "if (!parts->was_proven && monotonic_us() >= parts->give_up_us)", "if (!parts->was_proven)"),
    ("--wait never ends", "if (!parts->was_proven && monotonic_us() >= parts->give_up_us)", "if (false)"),
    ("it gives up though it was connected", "if (!parts->was_proven && monotonic_us() >= parts->give_up_us)", "if (monotonic_us() >= parts->give_up_us)"),
    ("the window is not counted anew", "    window_restart(&parts->window, session->client, connection->accepted_us);", ""),
    ("a settled connection settles the next one", "    parts->is_settled = false;", ""),
    ("a packet of the connection before is suspected", "    parts->last_packet = parts->window.unchecked > 0 ? PUBLISH : NULL;", ""),
    ("a forgotten session is not told", "    if (connection->was_forgotten)\n        console_note", "    if (false)\n        console_note"),
    ("the offline time never ends", "    connection_has_begun(&parts->connection, now_us);", ""),
    ("no broker is ever slow to answer SUBSCRIBE", "ended_us - answered_us < patience_us;", "true;"),
    ("every broker is slow to answer SUBSCRIBE", "ended_us - answered_us < patience_us;", "false;"),
    ("a closed connection counts as a slow answer", "lost_at == 0 ? monotonic_us()", "true ? monotonic_us()"),
    ("a connection that was lost once is lost for ever", "    atomic_store(&parts->lost_at, 0);", ""),
    ("keep alive is not thought of", "if (patience_us > NO_ANSWER_US)", "if (true)"),
    ("a broken beginning keeps the connection", "                 name);\n    }\n    MQTTClient_disconnect(session->client, 0);", "                 name);\n    }"),
    ("a connection that ends at its beginning is told as a loss", "\"the connection to %.200s ended at its beginning\"", "\"Connection lost%.0s\""),
    ("a SUBSCRIBE sent in part is taken for a mistake of the program", "if (parts->on_connected_rc == SENT_IN_PART)", "if (false)"),
    ("what was announced is not summed up", "else if (console_counts().sent > 0)", "else if (false)"),
    ("a loss is not counted", "    connection_was_lost(connection, monotonic_us());", ""),
    ("twins are not suspected", "connection->short_lives == SHORT_LIVES_TOLD", "false"),
    ("it tries again at once", "    parts->due_us = now_us + pause_ms * 1000;", "    parts->due_us = now_us;"),
    ("the last pause goes beyond --wait", "        pause_ms = left_ms;", "        ;"),
    ("no command timeout", "MQTTClient_setCommandTimeout(session->client, COMMAND_TIMEOUT_MS);", ";"),
    ("the wrong status for a refused subscription", "        session_fail(session, EX_PROTOCOL, text);\n    }\n    return rc;", "        session_fail(session, EX_UNAVAILABLE, text);\n    }\n    return rc;"),
    ("a refused subscription is no reason to end", "    if (rc == MQTT_BAD_SUBSCRIBE) {", "    if (false) {"),
    ("it ends before all is acknowledged", "        else if (parts->window.unchecked > 0)\n", "        else if (false)\n"),
    ("the silence is not remarked", "monotonic_us() - began_us < SILENCE_US", "true"),
    ("the silence is remarked again and again", "    session->silence_note = NULL; /* once is enough */", ""),
    ("the progress of a program is not noted", "    course->done = done;", ""),
    ("the end does not wait for acknowledgements", "            delivery_await(session, 0, LAST_ACKNOWLEDGEMENTS_MS);", "            ;"),
    ("what is left over is not counted", "left_over.count += message->qos > 0;", "left_over.count += 0;"),
    ("acknowledgements that come with what is left over are not counted", "        delivery_count(session); /* acknowledgements came with them */", ""),
    ("who was never let through has nothing left over", "delivery_receives(parts) && parts->options->qos > 0", "delivery_receives(parts) && parts->let_through && parts->options->qos > 0"),
    ("the end does not disconnect", "        connection_end(&parts->connection, session->client);", ""),
    ("the handle is leaked", "    MQTTClient_destroy(&session->client);", ""),
    ("what could not be printed is not noticed at the end", "    if (!console_flush())", "    console_flush();\n    if (false)"),
    ("the summary is not printed", "    print_lines(summary);", ""),
    ("sessions are removed from the first broker only", "for (int i = 0; i < connection->settings->broker_count; i++) {\n        if (!connection->has_session[i])\n            continue;\n        summary", "for (int i = 0; i < 1; i++) {\n        if (!connection->has_session[i])\n            continue;\n        summary"),
    ("sessions that stay are not told", "        if (!connection_remove_session(connection, i))", "        if (!connection_remove_session(connection, i) && false)"),
    # MQTT 5
    ("the client is made for the other version", "settings->mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1", "MQTTVERSION_3_1_1"),
    ("every start is a clean one", "connect->cleanstart = attempt->clean;", "connect->cleanstart = 1;"),
    ("no start is a clean one", "connect->cleanstart = attempt->clean;", "connect->cleanstart = 0;"),
    ("the session ends with the connection, though it is to outlive it", "? settings->session_expiry : CUT_S;", "? settings->session_expiry : 0;"),
    ("the expiry that was asked for is not sent", "settings->session_expiry > 0 ? settings->session_expiry : CUT_S;", "CUT_S;"),
    ("the will has no delay", "        attempt.will_delay = connection->will_delay;", ""),
    ("the delay goes without a will", "attempt->will != NULL ? &will_properties : NULL", "&will_properties"),
    ("the broker's keep alive is not thought of", "if (wanted == 0 || wanted >= connection->keep_alive)", "if (wanted >= 0)"),
    ("what breaks the rules is taken", "    if (!is_sound) {", "    if (false && !is_sound) {"),
    ("the second connection asks for the same keep alive", "    connection->keep_alive = wanted;", ""),
    ("who connects twice is taken to be stuck", "    stop_requested(); /* who comes here is not stuck in a call, which the alarm would end */\n    MQTTClient_disconnect", "    MQTTClient_disconnect"),
    ("a session that the broker does not keep counts as kept", "= connection->keeps_session && connection->limits.session_expiry > 0;", "= connection->keeps_session;"),
    ("a connection that was lost at once leaves no session", "*has_session = connection->keeps_session && c", "*has_session = !lost_at_once && connection->keeps_session && c"),
    ("with MQTT 5 every session counts as forgotten", "!settings->mqtt5 && !attempt.session_present", "!attempt.session_present"),
    ("the response of connecting is leaked", "    MQTTResponse_free(response);\n    /* Paho sends again", "    /* Paho sends again"),
    ("the response of removing is leaked", "        MQTTResponse_free(response);\n    }\n    if (removed)", "    }\n    if (removed)"),
    ("the properties are leaked", "    MQTTProperties_free(&properties);\n    MQTTProperties_free(&will_properties);", "    MQTTProperties_free(&will_properties);"),
    ("the properties of the will are leaked", "    MQTTProperties_free(&properties);\n    MQTTProperties_free(&will_properties);", "    MQTTProperties_free(&properties);"),
    ("the properties of the end are leaked", "    MQTTProperties_free(&properties);\n}", "}"),
    ("a session that is to end with the program stays", "|| !*has_session || connection->settings->session_expiry > 0", "|| true"),
    ("a session that is to stay is ended", "|| !*has_session || connection->settings->session_expiry > 0", "|| !*has_session"),
    ("a DISCONNECT that was not sent ends the session", "== 0 && MQTTClient_isConnected(client);", "== 0;"),
    ("a session that was ended is removed once more", "    *has_session = !ends || rc != MQTTCLIENT_SUCCESS;", "    (void)rc;\n    (void)ends;"),
    ("a session stays that nobody has", "return connection->has_session[connection->broker] && connection->settings", "return connection->settings"),
    ("a session stays though nobody wants it", "[connection->broker] && connection->settings->session_expiry > 0;", "[connection->broker];"),
    ("an id is denied for ever", "    denials->is_settled[(uint16_t)(id + UINT16_MAX / 2)] = false;", "    ;"),
    ("a PUBCOMP is taken for a denial", " ||\n        (packet_type != PUBACK && packet_type != PUBREC))", ")"),
    ("a denied PUBREC is overlooked", "(packet_type != PUBACK && packet_type != PUBREC)", "packet_type != PUBACK"),
    ("a denial that comes twice counts twice", "if (was_settled || (int)reason", "if ((int)reason"),
    ("every reason is a denial", "was_settled || (int)reason < IS_ERROR ||", "was_settled || (int)reason < 1 ||"),
    ("a reason is told again and again", " || denials->was_told[reason])", " || atomic_load(&denials->counts[reason]) != 1)"),
    ("of two new reasons one is told", "        atomic_store(&denials->has_new_reason, true); /* there may be one more */", ""),
    ("a new reason is not noticed", "        atomic_store(&denials->has_new_reason, true);\n}", "        ;\n}"),
    ("the trace hears of no reason", "    trace_reason(id, (int)reason);", ""),
    ("the text of denials is too long", "if (length + size + sizeof rest > DENIALS_TEXT_SIZE)", "if (length + size > DENIALS_TEXT_SIZE)"),
    ("the text of denials is cut too soon", "if (length + size + sizeof rest > DENIALS_TEXT_SIZE)", "if (length + size + 30 > DENIALS_TEXT_SIZE)"),
    ("what is cut from the text of denials is not told", "            strcpy(text + length, rest);", ""),
    ("a broker without a receive maximum has one", ".receive_maximum = UINT16_MAX,", ".receive_maximum = 20,"),
    ("a broker without a maximum QoS has one", ".maximum_qos = 2,", ".maximum_qos = 1,"),
    ("the expiry that we asked for is not the broker's", ".session_expiry = session_expiry}", ".session_expiry = 0}"),
    ("two bytes are read as four", "*number = property->value.integer2;", "*number = property->value.integer4;"),
    ("one byte is read as four", "*number = property->value.byte;", "*number = property->value.integer4;"),
    ("a broker may take no messages", "limits->receive_maximum > 0 && limits->maximum_packet_size > 0", "limits->maximum_packet_size > 0"),
    ("a broker may take no bytes", "limits->receive_maximum > 0 && limits->maximum_packet_size > 0", "limits->receive_maximum > 0"),
    ("a QoS that nobody uses is told", "if ((int)limits->maximum_qos < qos)", "if ((int)limits->maximum_qos < 2)"),
    ("what the broker takes is not told", "    if (takes[0] != '\\0')\n        console_note", "    if (false)\n        console_note"),
    ("who is cut off for its QoS looks for its rights", "takes[0] == '\\0' ? \"may not allow", "true ? \"may not allow"),
    ("Paho tells nobody of denials", "        MQTTClient_setPublished(session->client, &parts->denials, denials_on_published);", "        ;"),
    ("at QoS 0 there is nothing to come back to", "options->qos > 0 || options->connection.session_expiry > 0", "options->qos > 0"),
    ("a subscription that was refused with a reason is taken", "rc = reason >= 0 && reason <= 2 ?", "rc = reason >= 0 ?"),
    ("a subscription at QoS 1 or 2 is taken for a refusal", "rc = reason >= 0 && reason <= 2 ?", "rc = reason == 0 ?"),
    ("that less is granted is not told", "rc == MQTTCLIENT_SUCCESS && reason < qos", "false"),
    ("a message that was lost is not published again with MQTT 5", "    response->reasonCode = (enum MQTTReasonCodes)rc;", "    response->reasonCode = (enum MQTTReasonCodes)rc;\n    again = false;"),
    ("a session to come back to is not told", "    if (stays)\n", "    if (false)\n"),
    ("a session that is kept may stay, too", "    connection->has_session[connection->broker] = false;\n}", "}"),
    ("sessions to come back to are removed", "    if (parts->connection.settings->session_expiry > 0)\n        print_lines(sessions);", "    if (false)\n        print_lines(sessions);"),
    ("what was denied is not summed up", "    if (denied > 0)", "    if (false)"),
    ("the window is larger than the broker takes", "window < (int)limits->receive_maximum ? window : (int)limits->receive_maximum", "window"),
    ("the window is as large as the broker takes", "window < (int)limits->receive_maximum ? window : (int)limits->receive_maximum", "(int)limits->receive_maximum"),
    ("the window stays as it was", "    window->size = size > 0 ? size : 1;", "    (void)window;\n    (void)size;"),
    ("who publishes in vain does well", "    ending_for_denials(session);", ""),
    ("one denied message fails the program", "if (count == 0 || parts->denials.published > count + parts->window.unchecked)", "if (count == 0)"),
    ("what was not acknowledged counts as taken", "parts->denials.published > count + parts->window.unchecked", "parts->denials.published > count"),
    ("denials are told after the pause between two messages", "        delivery_tell_denials(session);\n        now_us = monotonic_us();", "        now_us = monotonic_us();"),
    ("the keep alive that was asked for counts for who has ended it", "(int64_t)parts->connection.keep_alive * 1000000", "(int64_t)parts->options->connection.keep_alive * 1000000"),
    ("the status is forgotten", "    int status = parts->course.status;", "    int status = EX_OK;"),
]

# what it does wrong: why nobody can see that
UNNOTICED = {
    "a signal in on_connected is the broker's fault": "the program ends all the same, and what is blamed is not printed",
    "a connection that was lost once is lost for ever": "Paho has called connectionLost before the call that waited returns: "
                                                        "that moment is there, but for microseconds",
}


class Tree:
    """A copy of the sources with a build of its own."""

    def __init__(self, folder, original):
        self.folder = folder
        shutil.copytree(original, folder, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
        self.run("cmake", "-S", folder, "-B", folder / "build", "-D", "CMAKE_BUILD_TYPE=Release", "-D", "PLAYGROUND_TESTS=ON")

    @staticmethod
    def run(*command):
        result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                encoding="utf-8", errors="replace")
        if result.returncode != 0:
            raise RuntimeError(result.stdout)

    def build(self):
        self.run("cmake", "--build", self.folder / "build", "--target", "simulation", *UNIT_TESTS)

    def noticed(self, seconds):
        """Which test fails, and after how many seconds; None: none does."""
        began = time.monotonic()
        tests = self.folder / "build" / "tests"
        simulation = tests / "simulation" / "simulation"
        for command in [*([tests / test] for test in UNIT_TESTS), [simulation, "--stories"],
                        [simulation, "--seconds", seconds]]:
            try:
                result = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, cwd=self.folder, timeout=6 * seconds)
                if result.returncode == 0:
                    continue
            except subprocess.TimeoutExpired:
                pass
            return command[0].name, time.monotonic() - began
        return None


def find(folder, text):
    """The one file in which the text stands, once."""
    files = [path for path in sorted(folder.glob("*.[ch]")) for _ in range(path.read_text().count(text))]
    if len(files) != 1:
        raise RuntimeError(f"{text!r} stands in {[path.name for path in files]}")
    return files[0]


def survives(mutant, trees, seconds):
    """A line about the mutant, and whether something is wrong with it."""
    what, text, replacement = mutant
    tree = trees.get()
    path, original = None, None
    try:
        path = find(tree.folder / "src" / "session", text)
        original = path.read_text()
        path.write_text(original.replace(text, replacement))
        tree.build()
        noticed = tree.noticed(seconds)
    except RuntimeError as error:
        return f"! {what}: {error}", True
    finally:
        if original is not None:
            path.write_text(original)
        trees.put(tree)
    if noticed is None:
        return (f"  unnoticed              {what}: {UNNOTICED[what]}", False) if what in UNNOTICED else \
            (f"! UNNOTICED              {what} ({path.name})", True)
    line = f"  {noticed[0]:16} {noticed[1]:4.1f} s  {what}"
    return (line.replace(" ", "!", 1) + ": said to be unnoticeable", True) if what in UNNOTICED else (line, False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only those with these words in what they do wrong")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()

    mutants = [mutant for mutant in MUTANTS if arguments.only in mutant[0]]
    with tempfile.TemporaryDirectory() as folder:
        trees = queue.Queue()
        for number in range(arguments.jobs):
            tree = Tree(pathlib.Path(folder) / str(number), ROOT)
            tree.build()
            noticed = tree.noticed(1)
            if noticed is not None:
                sys.exit(f"mutants.py: {noticed[0]} fails without any mutant")
            trees.put(tree)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            wrong = 0
            for line, is_wrong in pool.map(lambda mutant: survives(mutant, trees, arguments.seconds), mutants):
                print(line, flush=True)
                wrong += is_wrong
    unnoticed = sum(mutant[0] in UNNOTICED for mutant in mutants)
    print(f"{len(mutants)} mutants, {len(mutants) - unnoticed - wrong} noticed, {unnoticed} that change nothing, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
