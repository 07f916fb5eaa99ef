//! One JSON object. `docs/reference/status.schema.json` describes it; a field that is added leaves the version as it
//! is, one that changes its meaning or goes away raises it.

use super::answer::{Answer, Content};
use super::command::Options;
use super::dump;
use super::fields;
use super::json_writer::Json;
use super::plan::Scope;
use super::rating::{self, Rating};
use super::refusal::FINISHED;
use super::report::{
    Address, AjpCommon, AjpReport, LATENCY_BOUNDS, Latency, LbReport, MapReport, MemberReport, Moment,
    PoolReport, ProbeReport, Report, Sample,
};
use super::times::Span;

/// Version of the schema.
pub const VERSION: u32 = 1;

/// Appends the whole answer.
pub fn render(answer: &Answer<'_>, out: &mut Vec<u8>) {
    Json::new(out).object(|json| {
        json.key("version").number(VERSION);
        json.key("result").object(|json| result(answer, json));
        if let Ok(Content::Shown { scope, report }) = answer.result {
            Shown { answer, report }.all(scope, json);
        }
    });
    out.push(b'\n');
}

fn result(answer: &Answer<'_>, json: &mut Json<'_>) {
    let (kind, message) = match answer.result {
        Ok(_) => ("OK", FINISHED.to_owned()),
        Err(refusal) => ("ERROR", refusal.to_string()),
    };
    json.key("type").text(kind.as_bytes());
    json.key("message").text(message.as_bytes());
}

struct Shown<'s, 'a> {
    answer: &'s Answer<'a>,
    report: &'s Report,
}

impl Shown<'_, '_> {
    fn all(&self, scope: &Scope, json: &mut Json<'_>) {
        let report = self.report;
        json.key("server").object(|json| {
            json.key("name").text(&report.server_name);
            json.key("port").number(report.server_port);
        });
        json.key("time");
        moment(report.now, json);
        json.key("software").object(|json| {
            json.key("web_server").text(&report.web_server);
            json.key("jk_version").text(&report.jk_version);
        });
        match scope {
            Scope::Everything => {
                self.balancers(None, Options::HIDE_BALANCERS, json);
                self.ajp_workers(Options::HIDE_AJP_WORKERS, json);
            }
            Scope::Lb { member, .. } => self.balancers(member.as_deref(), 0, json),
            Scope::Ajp { .. } => self.ajp_workers(0, json),
            Scope::Configuration => json.key("configuration").object(|json| {
                for (key, value) in dump::shown(&report.configuration) {
                    json.key(&String::from_utf8_lossy(key)).text(value);
                }
            }),
            Scope::Nothing => {}
        }
    }

    fn balancers(&self, only: Option<&[u8]>, unless: u32, json: &mut Json<'_>) {
        if !self.hides(unless) {
            json.key("balancers").array(|json| {
                self.report.balancers.iter().for_each(|lb| self.balancer(lb, only, json));
            });
        }
    }

    fn ajp_workers(&self, unless: u32, json: &mut Json<'_>) {
        if !self.hides(unless) {
            json.key("ajp_workers").array(|json| {
                self.report.ajp_workers.iter().for_each(|worker| self.ajp_worker(worker, json));
            });
        }
    }

    fn balancer(&self, lb: &LbReport, only: Option<&[u8]>, json: &mut Json<'_>) {
        let ratings = rating::count(self.answer.spec, lb);
        json.object(|json| {
            json.key("name").text(&lb.name);
            json.key("sticky_session").truth(lb.sticky_session);
            json.key("sticky_session_force").truth(lb.sticky_session_force);
            json.key("retries").number(lb.retries);
            json.key("retry_interval_ms").number(lb.retry_interval);
            json.key("recover_time_s").number(lb.recover_time);
            json.key("error_escalation_time_s").number(lb.error_escalation_time);
            json.key("max_reply_timeouts").number(lb.max_reply_timeouts);
            json.key("method").text(lb.method.label().as_bytes());
            json.key("lock").text(lb.lock.label().as_bytes());
            json.key("good").number(ratings.good);
            json.key("degraded").number(ratings.degraded);
            json.key("bad").number(ratings.bad);
            json.key("busy").number(lb.busy);
            json.key("max_busy").number(lb.max_busy);
            json.key("to_maintenance_s");
            span(self.report.to_maintenance(lb), json);
            json.key("last_reset_unix").number(lb.last_reset.0);
            json.key("map_count").number(lb.map_count);
            if !self.hides(Options::HIDE_MEMBERS) {
                json.key("members").array(|json| {
                    let shown = |member: &&MemberReport| only.is_none_or(|only| *member.ajp.name == *only);
                    lb.members.iter().filter(shown).for_each(|member| self.member(lb, member, json));
                });
            }
            self.maps(&lb.maps, json);
        });
    }

    fn member(&self, lb: &LbReport, member: &MemberReport, json: &mut Json<'_>) {
        let rating = match rating::rate(self.answer.spec, member) {
            Rating::Good => "good",
            Rating::Degraded => "degraded",
            Rating::Bad => "bad",
        };
        json.object(|json| {
            json.key("name").text(&member.ajp.name);
            json.key("activation").text(member.activation.short().as_bytes());
            json.key("state").text(member.state.label().as_bytes());
            json.key("rating").text(rating.as_bytes());
            json.key("lbfactor").number(member.factor);
            json.key("route").text(&member.route);
            json.key("redirect").text(&member.redirect);
            json.key("domain").text(&member.domain);
            json.key("distance").number(member.distance);
            json.key("lbmult").number(member.mult);
            json.key("lbvalue").number(member.value);
            json.key("requests").number(member.elected);
            json.key("sessions").number(member.sessions);
            json.key("errors").number(member.errors);
            json.key("to_recovery_s");
            span(self.report.to_recovery(lb, member), json);
            json.key("error_time").maybe(member.first_error, |json, at| moment(at, json));
            self.common(&member.ajp, json);
        });
    }

    fn ajp_worker(&self, worker: &AjpReport, json: &mut Json<'_>) {
        json.object(|json| {
            json.key("name").text(&worker.ajp.name);
            json.key("state").text(worker.state.label().as_bytes());
            json.key("requests").number(worker.used);
            json.key("errors").number(worker.errors);
            json.key("error_time").maybe(worker.last_error, |json, at| moment(at, json));
            self.common(&worker.ajp, json);
            json.key("map_count").number(worker.map_count);
            self.maps(&worker.maps, json);
        });
    }

    fn maps(&self, maps: &[MapReport], json: &mut Json<'_>) {
        if !self.hides(Options::HIDE_MAPS) {
            json.key("maps").array(|json| maps.iter().for_each(|one| map(one, json)));
        }
    }

    fn common(&self, ajp: &AjpCommon, json: &mut Json<'_>) {
        common(ajp, json);
        if !self.hides(Options::HIDE_HISTORY) {
            json.key("history").array(|json| ajp.history.iter().for_each(|one| sample(one, json)));
        }
    }

    fn hides(&self, option: u32) -> bool {
        self.answer.command().is_some_and(|command| command.options.has(option))
    }
}

fn common(ajp: &AjpCommon, json: &mut Json<'_>) {
    json.key("host").text(&ajp.host);
    json.key("port").number(ajp.port);
    json.key("address").maybe(known(ajp.address), |json, address| json.text(address.as_bytes()));
    json.key("source").maybe(ajp.source.as_deref(), Json::text);
    json.key("connection_pool_timeout_s").number(ajp.connection_pool_timeout);
    json.key("ping_timeout_ms").number(ajp.ping_timeout);
    json.key("connect_timeout_ms").number(ajp.connect_timeout);
    json.key("prepost_timeout_ms").number(ajp.prepost_timeout);
    json.key("reply_timeout_ms").number(ajp.reply_timeout);
    json.key("connection_ping_interval_s").number(ajp.connection_ping_interval);
    json.key("retries").number(ajp.retries);
    json.key("retry_interval_ms").number(ajp.retry_interval);
    json.key("recovery_options").number(ajp.recovery_options);
    json.key("busy_limit").number(ajp.busy_limit);
    json.key("max_packet_size").number(ajp.max_packet_size);
    json.key("client_errors").number(ajp.client_errors);
    json.key("reply_timeouts").number(ajp.reply_timeouts);
    json.key("sent_bytes").number(ajp.transferred);
    json.key("received_bytes").number(ajp.read);
    json.key("busy").number(ajp.busy);
    json.key("max_busy").number(ajp.max_busy);
    json.key("connected").number(ajp.connected);
    json.key("max_connected").number(ajp.max_connected);
    json.key("last_reset_unix").number(ajp.last_reset.0);
    json.key("latency").maybe(ajp.latency, |json, times| latency(&times, json));
    json.key("pool").maybe(ajp.pool, pool);
    json.key("probes").maybe(ajp.probes, probes);
}

/// With brackets around an IPv6 address.
fn known(address: Address) -> Option<String> {
    match address {
        Address::Known(socket) => Some(socket.to_string()),
        Address::Invalid | Address::Unresolved => None,
    }
}

fn moment(at: Moment, json: &mut Json<'_>) {
    json.object(|json| {
        json.key("local").text(at.rfc3339().as_bytes());
        json.key("unix").number(at.unix.0);
    });
}

fn span(span: Span, json: &mut Json<'_>) {
    json.object(|json| {
        json.key("min").number(span.min);
        json.key("max").number(span.max);
    });
}

fn latency(latency: &Latency, json: &mut Json<'_>) {
    json.object(|json| {
        json.key("sum_us").number(latency.sum);
        json.key("count").number(latency.counts.iter().fold(0, |sum: u64, n| sum.saturating_add(*n)));
        json.key("buckets").array(|json| {
            let bounds = LATENCY_BOUNDS.iter().map(|bound| Some(*bound)).chain([None]);
            for (bound, count) in bounds.zip(latency.counts) {
                json.object(|json| {
                    json.key("up_to_ms").maybe(bound, Json::number);
                    json.key("count").number(count);
                });
            }
        });
    });
}

fn pool(json: &mut Json<'_>, pool: PoolReport) {
    json.object(|json| {
        json.key("open").number(pool.open);
        json.key("idle").number(pool.idle);
        json.key("limit").number(pool.limit);
    });
}

fn probes(json: &mut Json<'_>, probes: ProbeReport) {
    json.object(|json| {
        json.key("answered").number(probes.answered);
        json.key("failed").number(probes.failed);
        json.key("last").maybe(probes.last, |json, at| moment(at, json));
    });
}

fn sample(sample: &Sample, json: &mut Json<'_>) {
    json.object(|json| {
        json.key("unix").number(sample.at.0);
        json.key("requests").number(sample.requests);
        json.key("errors").number(sample.errors);
        json.key("busy").number(sample.busy);
        json.key("sent_bytes").number(sample.transferred);
        json.key("received_bytes").number(sample.read);
    });
}

fn map(map: &MapReport, json: &mut Json<'_>) {
    json.object(|json| {
        json.key("server").text(&map.server);
        json.key("uri").text(&map.uri);
        json.key("type").text(fields::map_type(map).as_bytes());
        json.key("source").text(fields::map_source(map).as_bytes());
        json.key("reply_timeout_ms").number(map.reply_timeout);
        json.key("sticky_ignore").truth(map.sticky_ignore);
        json.key("stateless").truth(map.stateless);
        json.key("fail_on_status").text(&map.fail_on_status);
        json.key("active").text(&map.active);
        json.key("disabled").text(&map.disabled_members);
        json.key("stopped").text(&map.stopped_members);
        json.key("use_server_errors").number(map.use_server_errors);
    });
}
