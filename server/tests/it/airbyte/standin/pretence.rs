//! Jobs that are told to be in another state than they are, as a platform may say for as long as it likes.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use axum::http::Uri;
use serde_json::{Value, json};

/// Shared by the test and the stand-in.
#[derive(Debug, Clone, Default)]
pub struct Pretence(Arc<Mutex<Option<Told>>>);

#[derive(Debug)]
struct Told {
    state: &'static str,
    /// Jobs from before, of which the truth is told.
    but: HashSet<i64>,
    times: usize,
}

impl Pretence {
    pub fn begin(&self, state: &'static str, but: HashSet<i64>) {
        let times = 0;
        *self.0.lock().expect("a pretence") = Some(Told { state, but, times });
    }

    pub fn end(&self) {
        *self.0.lock().expect("a pretence") = None;
    }

    /// Has a job been told to be so?
    pub fn was_told(&self) -> bool {
        let told = self.0.lock().expect("a pretence");
        told.as_ref().is_some_and(|told| told.times > 0)
    }

    /// What the engine is asked: for jobs of every state, where they may be told to be in the one that is wanted.
    pub fn query(&self, uri: &Uri) -> String {
        let query = uri.query().unwrap_or_default();
        let is_on = self.0.lock().expect("a pretence").is_some();
        let asked = query
            .split('&')
            .filter(|pair| !(is_on && pair.starts_with("status=")));
        asked.collect::<Vec<_>>().join("&")
    }

    /// The answer to a look at one job, or at many.
    pub fn dress(&self, uri: &Uri, answer: &mut Value) {
        let Some(told) = &mut *self.0.lock().expect("a pretence") else {
            return;
        };
        let Some(jobs) = answer["data"].as_array_mut() else {
            return told.dress(answer);
        };
        for job in jobs.iter_mut() {
            told.dress(job);
        }
        let mut pairs = uri.query().unwrap_or_default().split('&');
        if let Some(wanted) = pairs.find_map(|pair| pair.strip_prefix("status=")) {
            jobs.retain(|job| job["status"] == wanted);
        }
    }
}

impl Told {
    fn dress(&mut self, job: &mut Value) {
        let id = job["jobId"].as_i64();
        if id.is_some_and(|id| !self.but.contains(&id)) {
            job["status"] = json!(self.state);
            self.times += 1;
        }
    }
}
