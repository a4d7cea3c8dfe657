//! What remains of a deleted tenant: the proof, step by step, that everything is gone.

use leptos::prelude::*;
use model::TenantDetail;

use super::steps::steps;
use crate::ui::{Card, Notice, Pad, Tone};

pub fn ended(tenant: &TenantDetail) -> AnyView {
    let reason = tenant
        .state_reason
        .clone()
        .map(|reason| view! { <p>{reason}</p> });
    let steps = steps(tenant);
    view! {
        <Notice tone=Tone::Ok title="Everything this tenant had is gone">
            <p>"Each store below was emptied and then looked at again. The audit trail keeps who did it and when."</p>
            {reason}
        </Notice>
        <Card title="What was undone" pad=Pad::None>{steps}</Card>
    }
    .into_any()
}
