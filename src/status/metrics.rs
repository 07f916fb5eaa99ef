//! OpenMetrics text, the form that Prometheus and its kin read. The table says what is measured.

mod table;

use core::fmt::Write as _;

use super::answer::{Answer, Content};
use super::command::Options;
use super::plan::Scope;
use super::rating::{self, Ratings};
use super::report::{LATENCY_BOUNDS, Latency, LbReport, Report};
use table::{Samples, Seen};

pub use table::{FAMILIES, Family};

/// Appends all samples, for an answer that shows something.
pub fn render(answer: &Answer<'_>, out: &mut Vec<u8>) {
    let mut text = String::new();
    if let Ok(Content::Shown { scope, report }) = answer.result {
        let view = View::of(answer, scope, report);
        FAMILIES.iter().for_each(|family| view.family(family, &mut text));
    }
    text.push_str("# EOF\n");
    out.extend(text.as_bytes());
}

/// What the command shows.
struct View<'v, 'a> {
    answer: &'v Answer<'a>,
    report: &'v Report,
    balancers: &'v [LbReport],
    workers: Vec<Seen<'v>>,
}

impl<'v, 'a> View<'v, 'a> {
    fn of(answer: &'v Answer<'a>, scope: &Scope, report: &'v Report) -> Self {
        let hides = |option| answer.command().is_some_and(|command| command.options.has(option));
        let listed = |option| *scope != Scope::Everything || !hides(option);
        let only = match scope {
            Scope::Lb { member, .. } => member.as_deref(),
            Scope::Everything | Scope::Ajp { .. } | Scope::Configuration | Scope::Nothing => None,
        };
        let balancers = if listed(Options::HIDE_BALANCERS) { &*report.balancers } else { &[] };
        let mut workers = Vec::new();
        if !hides(Options::HIDE_MEMBERS) {
            let members = balancers.iter().flat_map(|lb| lb.members.iter().map(move |member| (lb, member)));
            let shown = members.filter(|(_, member)| only.is_none_or(|only| *member.ajp.name == *only));
            workers.extend(shown.map(|(lb, member)| Seen::member(lb, member)));
        }
        if listed(Options::HIDE_AJP_WORKERS) {
            workers.extend(report.ajp_workers.iter().map(Seen::alone));
        }
        Self { answer, report, balancers, workers }
    }

    /// A family without samples is left out.
    fn family(&self, family: &Family, text: &mut String) {
        let mut samples = String::new();
        self.samples(family, &mut samples);
        if samples.is_empty() {
            return;
        }
        let Family { name, unit, help, .. } = family;
        push(text, format_args!("# TYPE {name} {}\n", family.kind()));
        if !unit.is_empty() {
            push(text, format_args!("# UNIT {name} {unit}\n"));
        }
        push(text, format_args!("# HELP {name} {help}\n"));
        text.push_str(&samples);
    }

    fn samples(&self, family: &Family, text: &mut String) {
        let name = family.name;
        match family.samples {
            Samples::Counter(value) => self.per_worker(text, |worker, labels, text| {
                if let Some(value) = value(worker) {
                    push(text, format_args!("{name}_total{{{labels}}} {value}\n"));
                }
            }),
            Samples::Gauge(value) => self.per_worker(text, |worker, labels, text| {
                if let Some(value) = value(worker) {
                    push(text, format_args!("{name}{{{labels}}} {value}\n"));
                }
            }),
            Samples::OneOf(words, value) => self.per_worker(text, |worker, labels, text| {
                if let Some(current) = value(worker) {
                    one_of(name, labels, words, current, text);
                }
            }),
            Samples::Durations => self.per_worker(text, |worker, labels, text| {
                if let Some(latency) = &worker.ajp.latency {
                    durations(name, labels, latency, text);
                }
            }),
            Samples::Probes => self.per_worker(text, |worker, labels, text| {
                if let Some(probes) = worker.ajp.probes {
                    for (end, count) in [("answered", probes.answered), ("failed", probes.failed)] {
                        push(text, format_args!("{name}_total{{{labels},result=\"{end}\"}} {count}\n"));
                    }
                }
            }),
            Samples::OfBalancer(value) => self.per_balancer(|lb, labels| {
                push(text, format_args!("{name}{{{labels}}} {}\n", value(lb)));
            }),
            Samples::Ratings => self.per_balancer(|lb, labels| {
                let Ratings { good, degraded, bad } = rating::count(self.answer.spec, lb);
                for (rating, count) in [("good", good), ("degraded", degraded), ("bad", bad)] {
                    push(text, format_args!("{name}{{{labels},rating=\"{rating}\"}} {count}\n"));
                }
            }),
            Samples::Build => {
                let version = label("version", &self.report.jk_version);
                let server = label("server", &self.report.web_server);
                push(text, format_args!("{name}_info{{{version},{server}}} 1\n"));
            }
        }
    }

    fn per_worker(&self, text: &mut String, sample: impl Fn(&Seen<'_>, &str, &mut String)) {
        for worker in &self.workers {
            let name = label("worker", &worker.ajp.name);
            let labels = match worker.balancer {
                Some(balancer) => format!("{},{name}", label("balancer", balancer)),
                None => name,
            };
            sample(worker, &labels, text);
        }
    }

    fn per_balancer(&self, mut sample: impl FnMut(&LbReport, &str)) {
        for lb in self.balancers {
            sample(lb, &label("balancer", &lb.name));
        }
    }
}

fn one_of(name: &str, labels: &str, words: &[&str], current: &str, text: &mut String) {
    for word in words {
        let holds = u8::from(*word == current);
        push(text, format_args!("{name}{{{labels},{name}=\"{word}\"}} {holds}\n"));
    }
}

/// Buckets add up: each counts all attempts that were not slower.
fn durations(name: &str, labels: &str, latency: &Latency, text: &mut String) {
    let bounds =
        LATENCY_BOUNDS.iter().map(|bound| seconds(u64::from(*bound) * 1000)).chain(["+Inf".to_owned()]);
    let mut sum: u64 = 0;
    for (bound, count) in bounds.zip(latency.counts) {
        sum = sum.saturating_add(count);
        push(text, format_args!("{name}_bucket{{{labels},le=\"{bound}\"}} {sum}\n"));
    }
    push(text, format_args!("{name}_count{{{labels}}} {sum}\n"));
    push(text, format_args!("{name}_sum{{{labels}}} {}\n", seconds(latency.sum)));
}

/// Microseconds as seconds, written as OpenMetrics wants bounds: with a point and no superfluous zeros.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let short = text.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
}

fn label(name: &str, value: &[u8]) -> String {
    let mut text = format!("{name}=\"");
    for character in String::from_utf8_lossy(value).chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other if other.is_control() => text.push(char::REPLACEMENT_CHARACTER),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

/// Writing to a string cannot fail.
fn push(text: &mut String, arguments: core::fmt::Arguments<'_>) {
    let _ = text.write_fmt(arguments);
}
