"""
Known faults and vulnerabilities of such systems, and the test of ours that catches each.

A row that does not concern what exists has its reason in place of tests.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
DASHBOARD = TESTS.parent / "static" / "test"

#: What went wrong elsewhere -> names of tests (Python), titles (dashboard), or ``(reason,)`` beginning with "None:".
FAULTS: dict[str, tuple[str, ...]] = {
    "entities that expand (billion laughs, quadratic)": (
        "test_xml_entity_bomb_ends_the_stream_and_costs_no_memory",
        "test_bosh_entity_bomb_is_refused_and_costs_no_memory",
        "test_an_entity_bomb_from_a_component_is_refused",
    ),
    "a WebSocket that took DTDs (CVE-2022-0217)": ("test_ws_entity_bomb_is_refused_and_costs_no_memory",),
    "external entities": ("test_xml_external_entity_is_never_fetched",),
    "faults of Expat behind DTDs (CVE-2024-8176, CVE-2026-45186)": ("test_an_entity_bomb_never_reaches_the_parser",),
    "UTF-8 that two parsers read in two ways (CVE-2022-25235)": ("test_xml_beyond_the_rules_ends_the_stream",),
    "stanza smuggling (CVE-2022-22784)": (
        "test_smuggle_a_stanza_of_another_namespace_is_none",
        "test_smuggle_nothing_reaches_a_victim_as_from_somebody_else",
    ),
    "compression bombs (CVE-2014-2744)": (
        "test_compression_bomb_compression_is_never_offered",
        "test_ws_cross_site_origin_and_deflate_bomb_are_not_let_in",
    ),
    "all memory by one client before login (CVE-2021-32918)": (
        "test_xml_giant_preauth_is_cut_off_before_it_costs_memory",
    ),
    "floods of TLS handshakes (CVE-2021-32920)": (
        "test_the_seventeenth_stranger_of_an_address_is_turned_away_with_the_reason",
        "test_old_versions_of_tls_are_refused",
    ),
    "secrets compared byte by byte (CVE-2021-32921)": ("test_secrets_are_compared_in_constant_time_only",),
    "federation without authentication (CVE-2021-32919)": (
        "test_before_tls_nothing_is_listened_to",
        "test_only_stanzas_of_a_pair_that_was_proven_come_in",
        "test_nobody_comes_in_our_own_name",
        "test_where_a_certificate_is_asked_for_dialback_without_one_is_refused",
    ),
    "an open relay of bytes (CVE-2021-32917)": ("None: there is no proxy of bytes.",),
    "lists of a room told to outsiders (CVE-2021-37601)": (
        "test_muc_privilege_escalation_a_participant_reads_and_changes_nothing",
        "test_lists_are_shown_to_those_who_may_see_them",
    ),
    "memory kept by each aborted connection (CVE-2026-43506)": (
        "test_conn_churn_leak_aborted_connections_leave_no_memory",
    ),
    "memory out of proportion to XML (CVE-2026-43507)": (
        "test_what_grows_from_in_to_out_stays_below_twice_and_a_kibibyte",
        "test_many_prefixes_are_bounded",
    ),
    "PLAIN's authzid believed (ejabberd 4601)": (
        "test_sasl_authzid_impersonation_is_refused",
        "test_an_authzid_of_somebody_else_is_never_granted",
    ),
    "stanzas before authentication (CVE-2014-8760)": ("test_stanza_before_auth_ends_the_stream",),
    "messages pile up for who does not read (CVE-2010-0305)": (
        "test_never_reading_recipient_costs_a_bounded_buffer_and_others_go_on",
        "test_a_client_that_never_reads_is_cut_and_its_session_hibernates",
    ),
    "commands injected behind STARTTLS (CVE-2011-0411)": (
        "test_bytes_injected_behind_starttls_close_the_stream",
        "test_plaintext_behind_starttls_is_never_read_as_part_of_the_secure_stream",
    ),
    "forged carbons and archives (CVE-2017-5589, CVE-2019-16236)": (
        "test_stanza_id_spoof_and_carbon_spoof_come_as_from_who_sent_them",
        "events and notes of strangers are not believed",
    ),
    "forged roster pushes (CVE-2015-8688)": ("test_roster_push_spoof_a_request_to_anothers_account_is_refused",),
    "forged stanza-ids (XEP-0359)": ("test_forged_ids_are_taken_out_and_others_stay",),
    "paths out of the folder (CVE-2023-32315)": (
        "test_bosh_path_traversal_finds_no_file_outside",
        "test_bosh_path_traversal_reaches_nothing_outside_the_folder",
    ),
    "URLs of strangers fetched (CVE-2019-18394)": (
        "test_only_the_configured_host_is_asked",
        "test_a_redirect_is_not_followed",
    ),
    "any certificate taken from other servers (CVE-2014-3451)": (
        "test_a_certificate_of_somebody_else_is_refused",
        "test_a_certificate_of_an_unknown_authority_is_refused",
        "test_a_certificate_is_for_the_domains_that_it_names",
    ),
    "certificates not verified on the way out (CVE-2019-12855)": (
        "test_a_certificate_that_nobody_vouches_for_ends_the_attempt",
    ),
    "HTTP request smuggling (CVE-2020-10108)": (
        "test_bosh_http_smuggling_a_request_with_two_lengths_is_refused",
        "test_bosh_http_smuggling_a_request_hidden_in_a_body_reaches_nobody",
    ),
    "pages that echo (CVE-2022-39348)": ("test_pages_hold_no_script_and_no_inline_style",),
    "BOSH sessions taken over": (
        "test_bosh_sid_entropy_no_two_are_alike_and_each_has_160_bits",
        "test_bosh_sid_only_hijack_and_rid_window_a_guess_ends_nothing_of_value",
        "test_keys_must_follow_their_sequence",
    ),
    "BOSH from pages elsewhere": (
        "test_bosh_simple_request_csrf_and_cors_pages_elsewhere_get_no_session",
        "test_bosh_cors_a_listed_origin_is_told_so_also_on_errors",
    ),
    "WebSockets from pages elsewhere": ("test_ws_cross_site_origin_only_the_own_host_and_listed_pages_may_connect",),
    "WebSocket framing (CVE-2021-32640)": ("test_ws_frames_against_the_rules_close_with_their_code",),
    "components with a bad secret or another's domain": (
        "test_component_bad_secret_no_handshake_and_domain_takeover_serve_nothing",
        "test_component_from_spoof_ends_its_stream",
        "test_a_short_secret_stops_the_start",
    ),
    "nicks that look like another's (RFC 8266)": (
        "test_a_taken_nick_is_a_conflict_also_when_it_only_looks_the_same",
        "test_a_nick_that_misleads_is_refused",
    ),
    "floods of joins, messages and rooms": (
        "test_joins_of_strangers_are_limited_for_a_room_but_not_those_of_members",
        "test_too_many_messages_are_refused_until_time_has_passed",
        "test_rooms_are_made_only_so_often",
        "test_of_many_changes_of_presence_only_the_last_is_told",
    ),
    "slowloris and idlers": (
        "test_conn_slowloris_a_byte_at_a_time_is_cut_over_tcp_and_http",
        "test_idle_unauthenticated_silence_and_a_bare_header_are_cut",
    ),
    "channel binding talked down (XEP-0474)": ("None: channel binding is not offered.",),
    "passwords in clear": ("test_nothing_but_tls_is_offered_before_tls", "test_plain_without_tls_needs_both_options"),
    "accounts enumerated": (
        "test_sasl_user_enumeration_unknown_names_go_the_same_way",
        "test_a_known_address_gets_the_same_answer_and_the_same_work",
    ),
    "passwords guessed": (
        "test_twenty_failures_in_ten_minutes_refuse_an_address_for_ten_minutes",
        "test_an_account_that_many_guess_at_is_slow_for_strangers_and_never_locked",
        "test_one_address_gets_sixteen_strangers_and_waits_after_failures",
    ),
    "lines forged in the log": ("test_sasl_log_injection_no_line_of_the_log_is_an_attackers",),
    "chat shown as HTML": (
        "test_the_page_escapes_what_was_said_and_runs_nothing",
        "test_what_was_said_arrives_without_script",
    ),
    "headers injected into mails; bombing by invitations": (
        "test_mail_header_injection_whatever_is_typed_makes_one_mail_to_one_address",
        "test_one_address_gets_three_mails_a_day",
        "test_one_user_sends_so_many_an_hour",
    ),
    "tokens replayed, used up by a GET, or told elsewhere": (
        "test_a_get_uses_no_link_up_and_a_post_uses_it_once",
        "test_two_posts_of_one_link_make_one_account",
        "test_every_page_carries_the_security_headers",
    ),
    "calendars injected": ("test_icalendar_injection_whatever_is_typed_makes_one_event_with_our_properties",),
    "a Redis open to strangers": ("test_a_redis_that_strangers_could_read_is_refused",),
}  # fmt: skip


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Every test there is."""
    names: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        names |= set(re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8")))
    for path in DASHBOARD.glob("*.test.js"):
        names |= set(re.findall(r"\btest\('([^']+)'", path.read_text(encoding="utf-8")))
    return names


@pytest.mark.parametrize("fault", FAULTS)
def test_each_known_fault_has_its_test(fault: str, known: set[str]) -> None:
    missing = [name for name in FAULTS[fault] if not name.startswith("None: ") and name not in known]
    assert FAULTS[fault] and not missing
