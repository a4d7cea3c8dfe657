//! The parts every page is made of. They know how things look and behave, and nothing of where data comes from.

mod badge;
mod brand;
mod button;
mod card;
mod choice;
mod code;
mod control;
mod control_list;
mod disclosure;
mod empty;
mod field;
mod form;
mod icon;
mod live;
mod load;
mod notice;
mod number;
mod page;
mod pager;
mod progress;
mod reference;
mod stat;
mod steps;
mod table;
mod tabs;
mod text_field;
mod time;

pub use badge::{Badge, ConnectionBadge, RunBadge, Tone};
pub use brand::{BrandTile, Tile};
pub use button::{Busy, Button, Kind, LinkButton};
pub use card::{Card, Facts, Pad, mono};
pub use choice::{
    Answer, Branch, BranchField, ChoiceField, SelectField, SeveralField, tile as choice_tile,
};
pub use code::{Code, CopyButton};
pub use control::{FormFields, has_file};
pub use disclosure::Disclosure;
pub use empty::Empty;
pub use field::{Field, Need, Shape, Wires};
pub use form::{After, Away, Elsewhere, Encoding, Form, FormState, Seen};
pub use icon::{Icon, Mark};
pub use live::{ReloadWithoutScript, follow};
pub use load::{Loaded, load, load_with, page_data, problem};
pub use notice::Notice;
pub use number::{bytes, capital, count, duration, plural};
pub use page::{Crumb, PageHead};
pub use pager::Pager;
pub use progress::Bar;
pub use reference::reference;
pub use stat::{Stat, Stats};
pub use steps::{ConnectSteps, StepMark};
pub use table::{Column, Table};
pub use tabs::Tabs;
pub use text_field::{Kind as InputKind, TextField};
pub use time::{Ago, Clock, Moment, utc};
