//! What mod_jk's formats show of an answer, in their common order; each format only says how a piece is written.

use super::answer::{Answer, Content};
use super::command::{Kind, Options};
use super::dump;
use super::fields::{self, Field, Order};
use super::plan::Scope;
use super::refusal::FINISHED;
use super::report::{AjpReport, LbReport, MapReport, MemberReport, Report};

/// A format that mod_jk knows. All pieces are optional but the first and the last two.
pub(super) trait Form {
    /// In which order some fields come.
    const ORDER: Order;

    fn begin(&mut self);
    fn server(&mut self, fields: &[Field<'_>]);
    fn time(&mut self, fields: &[Field<'_>]);
    fn software(&mut self, fields: &[Field<'_>]);
    fn balancers(&mut self, count: usize);
    fn balancer(&mut self, lb: &LbReport, fields: &[Field<'_>]);
    /// `ending` is the rest of the fields.
    fn member(&mut self, lb: &LbReport, fields: &[Field<'_>], ending: &[Field<'_>]);
    fn balancer_end(&mut self);
    fn balancers_end(&mut self);
    fn ajp_workers(&mut self, count: usize);
    /// `ending` is the rest of the fields.
    fn ajp_worker(&mut self, fields: &[Field<'_>], ending: &[Field<'_>]);
    fn ajp_workers_end(&mut self);
    /// A rule of `worker`; the first has number 1.
    fn map(&mut self, worker: &[u8], number: usize, fields: &[Field<'_>]);
    fn configuration(&mut self, properties: &[(&[u8], &[u8])]);
    fn result(&mut self, kind: &'static str, message: &str);
    fn end(&mut self);
}

/// Writes an answer.
pub(super) fn walk<F: Form>(answer: &Answer<'_>, form: &mut F) {
    form.begin();
    if let Ok(Content::Shown { scope, report }) = &answer.result {
        Walk { answer, report, form }.shown(scope);
    }
    match answer.result {
        Ok(_) => form.result("OK", FINISHED),
        Err(refusal) => form.result("ERROR", &refusal.to_string()),
    }
    form.end();
}

struct Walk<'w, 'a, F> {
    answer: &'w Answer<'a>,
    report: &'w Report,
    form: &'w mut F,
}

impl<F: Form> Walk<'_, '_, F> {
    fn shown(&mut self, scope: &Scope) {
        self.form.server(&fields::server(self.report));
        // Forms are for people; who asks for one otherwise gets hardly anything, as from mod_jk.
        if self.answer.command().is_some_and(|command| command.kind == Kind::Edit) {
            return;
        }
        self.form.time(&fields::time(self.report));
        self.form.software(&fields::software(self.report));
        match scope {
            Scope::Everything => self.everything(),
            Scope::Lb { member, .. } => {
                self.report.balancers.iter().for_each(|lb| self.balancer(lb, member.as_deref()));
            }
            Scope::Ajp { .. } => self.report.ajp_workers.iter().for_each(|worker| self.ajp_worker(worker)),
            Scope::Configuration => self.form.configuration(&dump::shown(&self.report.configuration)),
            Scope::Nothing => {}
        }
    }

    fn everything(&mut self) {
        let report = self.report;
        if !report.balancers.is_empty() && !self.hides(Options::HIDE_BALANCERS) {
            self.form.balancers(report.balancers.len());
            report.balancers.iter().for_each(|lb| self.balancer(lb, None));
            self.form.balancers_end();
        }
        if !report.ajp_workers.is_empty() && !self.hides(Options::HIDE_AJP_WORKERS) {
            self.form.ajp_workers(report.ajp_workers.len());
            report.ajp_workers.iter().for_each(|worker| self.ajp_worker(worker));
            self.form.ajp_workers_end();
        }
    }

    fn balancer(&mut self, lb: &LbReport, only: Option<&[u8]>) {
        self.form.balancer(lb, &fields::lb(self.answer, self.report, lb));
        if !self.hides(Options::HIDE_MEMBERS) {
            let shown = |member: &&MemberReport| only.is_none_or(|only| *member.ajp.name == *only);
            lb.members.iter().filter(shown).for_each(|member| self.member(lb, member));
        }
        self.maps(&lb.name, &lb.maps);
        self.form.balancer_end();
    }

    fn member(&mut self, lb: &LbReport, member: &MemberReport) {
        let fields = fields::member(self.report, lb, member, F::ORDER);
        self.form.member(lb, &fields, &fields::ending(self.report, &member.ajp, member.first_error));
    }

    fn ajp_worker(&mut self, worker: &AjpReport) {
        let ending = fields::ending(self.report, &worker.ajp, worker.last_error);
        self.form.ajp_worker(&fields::ajp(worker, F::ORDER), &ending);
        self.maps(&worker.ajp.name, &worker.maps);
    }

    fn maps(&mut self, worker: &[u8], maps: &[MapReport]) {
        if !self.hides(Options::HIDE_MAPS) {
            for (number, map) in (1..).zip(maps) {
                self.form.map(worker, number, &fields::map(number, map));
            }
        }
    }

    fn hides(&self, option: u32) -> bool {
        self.answer.command().is_some_and(|command| command.options.has(option))
    }
}
