//! Uninstalling: contexts without the release are left alone.

use std::ffi::OsString;

use helm::Call;
use tokio::sync::watch;

use super::place::{Place, Places};
use crate::events::{Done, seconds};
use crate::plan::Step;
use crate::rollout::{Hold, Port, Stop, Verdict, Written};

#[derive(Debug)]
pub struct Uninstall<'a> {
    pub places: Places<'a>,
    /// The user's own flags for helm.
    pub helm_flags: Vec<OsString>,
}

impl Port for Uninstall<'_> {
    type Ready = Place;

    async fn check(&self, step: &Step) -> Result<Place, Hold> {
        let place = self.places.visit(step).await?;
        match place.newest() {
            Some(newest) if newest.status != cluster::Status::Uninstalled => Ok(place),
            _ => Err(Hold::Unchanged("not installed".to_owned())),
        }
    }

    fn cross_check(&self, ready: &[(&Step, &Place)]) -> Verdict {
        self.places.same_clusters(ready)
    }

    async fn write(&self, step: &Step, place: &Place, stop: watch::Receiver<Stop>) -> Written {
        let plan = self.places.plan;
        let mut arguments: Vec<OsString> = vec!["uninstall".into(), plan.release.clone().into()];
        arguments.extend(self.helm_flags.iter().cloned());
        let call = Call::new(arguments, self.places.session.environment.clone());
        match self.places.helm(step, call, stop).await {
            Err(cause) => Written::Failed { cause, output: String::new(), seconds: 0.0 },
            Ok(output) if output.status.success() => Written::Done(Done {
                before: place.newest().map(|newest| newest.number),
                after: None,
                verb: "uninstalled",
                seconds: seconds(output.duration),
            }),
            Ok(output) => self.places.failed(step, place, &output).await,
        }
    }
}
