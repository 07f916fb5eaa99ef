//! JSON and metrics, as far as Rust can judge them; `tests/httpd/test_status_formats.py` reads them with the parsers of
//! others.

use super::golden::answer_to;
use super::sample;
use crate::status::metrics;
use crate::status::report::*;
use crate::time::Seconds;

/// The recorded report with all that the new formats may hold besides.
fn rich() -> Report {
    let mut report = sample::report();
    let ajp = &mut report.balancers[0].members[0].ajp;
    let mut latency = Latency { sum: 1_250_001, ..Latency::default() };
    latency.counts[0] = 2;
    latency.counts[4] = 1;
    latency.counts[13] = 1;
    ajp.latency = Some(latency);
    ajp.pool = Some(PoolReport { open: 2, idle: 1, limit: 8 });
    ajp.probes = Some(ProbeReport { answered: 5, failed: 1, last: Some(report.now) });
    ajp.history = vec![Sample { at: Seconds(7), requests: 3, ..Sample::default() }];
    report
}

#[test]
fn json_holds_what_mod_jk_does_not_know() {
    let json = answer_to(&sample::spec(), "mime=json&cmd=show&w=lb&sw=m1&opt=2", rich());
    for piece in [
        "{\"version\":1,\"result\":{\"type\":\"OK\",\"message\":\"Action finished\"},\"server\":{\"name\":\"www.example.com\",\"port\":80}",
        "\"time\":{\"local\":\"2026-11-22T19:23:26+00:00\",\"unix\":1795375406}",
        "\"latency\":{\"sum_us\":1250001,\"count\":4,\"buckets\":[{\"up_to_ms\":1,\"count\":2},",
        "{\"up_to_ms\":null,\"count\":1}]}",
        "\"pool\":{\"open\":2,\"idle\":1,\"limit\":8}",
        "\"address\":\"127.0.0.1:22001\",\"source\":null",
    ] {
        assert!(json.contains(piece), "{piece}\n{json}");
    }
    assert!(
        !json.contains("\"m2\"") && !json.contains("ajp_workers") && !json.contains("\"maps\""),
        "{json}"
    );
}

#[test]
fn errors_are_json_too() {
    assert_eq!(
        answer_to(&sample::spec(), "mime=json&cmd=show&w=x%0a", rich()),
        "{\"version\":1,\"result\":{\"type\":\"ERROR\",\"message\":\"Could not find given worker\"}}\n"
    );
}

#[test]
fn what_is_hidden_is_in_no_format() {
    let ask = |query: &str| answer_to(&sample::spec(), query, rich());
    for (hidden, pieces) in [
        ("opt=1", ["\"members\"", "worker=\"m1\""]),
        ("opt=8", ["\"balancers\"", "balancer=\"lb\""]),
        ("opt=16", ["\"ajp_workers\"", "worker=\"solo\""]),
    ] {
        for (mime, piece) in ["json", "metrics"].into_iter().zip(pieces) {
            assert!(ask(&format!("mime={mime}")).contains(piece), "{mime} {piece}");
            assert!(!ask(&format!("mime={mime}&{hidden}")).contains(piece), "{mime} {piece}");
        }
    }
    let shown = ask("mime=metrics&cmd=show&w=lb&opt=8");
    assert!(shown.contains("balancer=\"lb\"") && !shown.contains("worker=\"solo\""), "{shown}");
}

#[test]
fn json_can_do_without_the_past() {
    let ask = |query: &str| answer_to(&sample::spec(), query, rich());
    let (whole, bare) = (ask("mime=json"), ask("mime=json&opt=512"));
    assert!(whole.contains("\"history\":[{\"unix\":7,\"requests\":3,"), "{whole}");
    assert!(!bare.contains("history") && bare.contains("\"probes\":{\"answered\":5,"), "{bare}");
    for mime in ["xml", "txt", "prop", "metrics"] {
        assert_eq!(ask(&format!("mime={mime}")), ask(&format!("mime={mime}&opt=512")), "{mime}");
    }
}

#[test]
fn metrics_are_counted_per_worker() {
    let text = answer_to(&sample::spec(), "mime=metrics", rich());
    for line in [
        "# TYPE modjk_build info",
        "modjk_build_info{version=\"mod_jk/1.2.48\",server=\"Apache/2.4 mod_jk/1.2.48\"} 1",
        "# TYPE modjk_worker_requests counter",
        "modjk_worker_requests_total{balancer=\"lb\",worker=\"m1\"} 4",
        "modjk_worker_requests_total{worker=\"solo\"} 1",
        "# UNIT modjk_worker_sent_bytes bytes",
        "modjk_worker_state{balancer=\"lb\",worker=\"m3\",modjk_worker_state=\"ERR\"} 1",
        "modjk_worker_state{balancer=\"lb\",worker=\"m3\",modjk_worker_state=\"OK\"} 0",
        "modjk_worker_activation{balancer=\"lb\",worker=\"m2\",modjk_worker_activation=\"DIS\"} 1",
        "modjk_worker_duration_seconds_bucket{balancer=\"lb\",worker=\"m1\",le=\"0.001\"} 2",
        "modjk_worker_duration_seconds_bucket{balancer=\"lb\",worker=\"m1\",le=\"0.025\"} 3",
        "modjk_worker_duration_seconds_bucket{balancer=\"lb\",worker=\"m1\",le=\"10.0\"} 3",
        "modjk_worker_duration_seconds_bucket{balancer=\"lb\",worker=\"m1\",le=\"+Inf\"} 4",
        "modjk_worker_duration_seconds_count{balancer=\"lb\",worker=\"m1\"} 4",
        "modjk_worker_duration_seconds_sum{balancer=\"lb\",worker=\"m1\"} 1.250001",
        "modjk_worker_probes_total{balancer=\"lb\",worker=\"m1\",result=\"failed\"} 1",
        "modjk_worker_busy_limit{worker=\"solo\"} 7",
        "modjk_pool_idle{balancer=\"lb\",worker=\"m1\"} 1",
        "modjk_balancer_members{balancer=\"lb\",rating=\"good\"} 1",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    assert!(text.ends_with("\n# EOF\n"));
    assert_eq!(text.matches("# TYPE").count(), metrics::FAMILIES.len());
}

#[test]
fn labels_are_escaped() {
    let mut report = sample::report();
    report.web_server = (&b"a\"b\\c\nd\re\xff"[..]).into();
    let text = answer_to(&sample::spec(), "mime=metrics&cmd=version", report);
    assert!(text.contains("server=\"a\\\"b\\\\c\\nd\u{fffd}e\u{fffd}\"} 1\n# EOF\n"), "{text}");
}

#[test]
fn results_have_no_metrics() {
    assert_eq!(
        answer_to(&sample::spec(), "mime=metrics&cmd=update&w=lb", sample::report()),
        "Result: type=OK message=\"Action finished\"\n"
    );
}
