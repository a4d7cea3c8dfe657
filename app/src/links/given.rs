//! What the pages of links are given to show.

use model::{IntegrationCard, LinkView, TestView};
use serde::{Deserialize, Serialize};

use crate::connections::ConnectForm;

/// The page where a link is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    pub card: IntegrationCard,
    /// Name of the connection that exists.
    pub connection: Option<String>,
    /// A name that is free, for one that does not.
    pub suggested: String,
    pub links: Vec<LinkView>,
    /// The link that was just made; its address is nowhere else.
    pub made: Option<MadeLink>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeLink {
    pub view: LinkView,
    pub address: String,
    pub company: String,
}

/// What whoever opened a link sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// Who asks.
    pub company: String,
    pub name: String,
    pub card: IntegrationCard,
    pub stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    Form(Box<ConnectForm>),
    Test(TestView),
    /// Nothing can be done any more.
    Over {
        is_connected: bool,
        why: String,
        /// The provider that somebody has come back from in vain.
        in_vain_from: Option<String>,
    },
}
