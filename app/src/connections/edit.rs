//! Changing a connection's settings: the same form, tested again before it counts.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{ConnectionState, FormState};

use super::{
    api::load_edit_form,
    connect::{Place, Purpose, asked, main},
    given::EditForm,
};
use crate::{
    paths,
    ui::{self, BrandTile, ConnectSteps, Notice, PageHead, Tone},
};

#[component]
pub fn EditPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let asked = asked();
    let data = ui::page_data(
        move || (id.get(), asked.get()),
        |(id, asked)| load_edit_form(id, asked.how, asked.flow),
    );
    ui::follow(data, |page| {
        !matches!(page.form.state, FormState::Preparing { .. })
    });
    ui::load_with(
        data,
        Callback::new(move |data| page(data, &id.get_untracked())),
    )
}

fn page(data: EditForm, id: &str) -> AnyView {
    let EditForm {
        form,
        name,
        connection_state,
    } = data;
    let path = format!("{}/{id}", paths::CONNECTIONS);
    let crumbs = vec![
        ("Connections".to_owned(), paths::CONNECTIONS.to_owned()),
        (name.clone(), path.clone()),
    ];
    let mark =
        view! { <BrandTile logo=form.card.logo.clone() monogram=form.card.monogram.clone() /> }
            .into_any();
    let is_draft = connection_state == ConnectionState::Draft;
    let title = if is_draft {
        format!("Finish {name}")
    } else {
        format!("Change {name}")
    };
    let purpose = if is_draft {
        Purpose::Finish
    } else {
        Purpose::Change
    };
    let steps = is_draft.then(|| view! { <ConnectSteps step=1 /> });
    let kept = (!is_draft).then(|| {
        view! {
            <div class="mb-5">
                <Notice tone=Tone::Work><p>"History and tables stay. The new settings count once their test has passed; until then the old ones do."</p></Notice>
            </div>
        }
    });
    let action = format!("{path}/edit");
    let place = Place {
        keep: Some((action.clone(), Vec::new())),
        action,
        purpose,
        send: Some(format!("{path}/send")),
    };
    view! {
        <PageHead title=title crumbs=crumbs mark=mark />
        {steps}
        {kept}
        {main(form, place)}
    }
    .into_any()
}
