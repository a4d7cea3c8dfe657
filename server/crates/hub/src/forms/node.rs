//! The schema as the forms understand it: one tree of fields, each with its words, its kind and its rules.

use serde_json::{Map, Value};

/// One field with everything that any step needs to know about it.
#[derive(Debug, Clone)]
pub struct Node {
    pub label: String,
    pub hint: Option<String>,
    pub example: Option<String>,
    /// The expected form in words (`pattern_descriptor`).
    pub form_words: Option<String>,
    pub default: Option<Value>,
    pub presence: Presence,
    /// Shown at once even when optional.
    pub always_shown: bool,
    pub group: Option<String>,
    /// The keywords of the schema that validation applies as they stand.
    pub rules: Map<String, Value>,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    Optional,
}

#[derive(Debug, Clone)]
pub enum Kind {
    /// A constant: filled in, never shown.
    Fixed(Value),
    /// Kept as it is, or filled with its default; never shown.
    Hidden,
    /// Holds secrets that no form asks for: signing in gives them. Sealed as a whole; whoever types something else has none
    /// of them, only the default.
    Given,
    Text {
        multiline: bool,
    },
    Secret {
        multiline: bool,
        value: SecretForm,
    },
    Number {
        whole: bool,
    },
    Switch,
    Choice(Vec<Choice>),
    Several(Vec<Choice>),
    Date {
        with_time: bool,
    },
    Texts(Scalar),
    Rows(Box<Node>),
    Group(Group),
    OneOf(OneOf),
    File {
        accept: String,
    },
    Json,
}

/// How the text of a secret becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretForm {
    Text,
    Number,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    Text,
    Whole,
    Number,
}

#[derive(Debug, Clone)]
pub struct Choice {
    pub value: Value,
    pub label: String,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub properties: Vec<(String, Node)>,
    /// Titles of the schema's own groups, in order.
    pub sections: Vec<(String, Option<String>)>,
}

#[derive(Debug, Clone)]
pub struct OneOf {
    pub branches: Vec<Branch>,
    /// The first branch means "leave it out": for optional choices where every real branch asks for something.
    pub may_skip: bool,
}

#[derive(Debug, Clone)]
pub struct Branch {
    pub title: String,
    pub hint: Option<String>,
    pub node: Node,
}

impl Node {
    pub fn required(&self) -> bool {
        self.presence == Presence::Required
    }

    /// May this value belong here, as far as constants and kinds tell?
    pub fn fits(&self, value: &Value) -> bool {
        fit(self, value) > 0
    }

    /// Is there something for a person to see?
    pub fn visible(&self) -> bool {
        match &self.kind {
            Kind::Fixed(_) | Kind::Hidden | Kind::Given => false,
            Kind::Group(group) => group.properties.iter().any(|(_, node)| node.visible()),
            _ => true,
        }
    }

    /// Does every way to fill this field in ask for a secret? Then it belongs to the part shown at once.
    pub fn asks_secret(&self) -> bool {
        match &self.kind {
            Kind::Secret { .. } => true,
            Kind::Group(group) => group.properties.iter().any(|(_, node)| node.asks_secret()),
            Kind::OneOf(one_of) => one_of.real().all(|branch| branch.node.asks_secret()),
            _ => false,
        }
    }

    /// Must a person type something before this field is complete?
    pub fn asks_input(&self) -> bool {
        match &self.kind {
            Kind::Fixed(_) | Kind::Hidden | Kind::Given | Kind::Switch => false,
            Kind::Group(group) => group
                .properties
                .iter()
                .any(|(_, node)| node.required() && node.asks_input()),
            Kind::OneOf(one_of) => one_of.real().all(|branch| branch.node.asks_input()),
            _ => self.default.is_none(),
        }
    }
}

impl OneOf {
    /// The branches of the schema, without the one that means "leave it out".
    pub fn real(&self) -> impl Iterator<Item = &Branch> {
        self.branches.iter().skip(usize::from(self.may_skip))
    }

    /// The branch that fits a value best: constants decide, then the number of keys it knows.
    pub fn matching(&self, value: &Value) -> usize {
        let mut best = (0, 0);
        for (index, branch) in self.branches.iter().enumerate() {
            let fits = fit(&branch.node, value);
            if fits > best.1 {
                best = (index, fits);
            }
        }
        best.0
    }

    pub fn skips(&self, index: usize) -> bool {
        self.may_skip && index == 0
    }
}

/// How well a value fits a branch; 0 means not at all.
fn fit(node: &Node, value: &Value) -> usize {
    match (&node.kind, value) {
        (Kind::Fixed(fixed), value) => usize::from(fixed == value),
        (Kind::Group(group), Value::Object(map)) => fit_group(group, map),
        (Kind::Number { .. }, Value::Number(_))
        | (Kind::Switch, Value::Bool(_))
        | (Kind::Rows(_) | Kind::Texts(_) | Kind::Several(_), Value::Array(_))
        | (Kind::Text { .. } | Kind::Date { .. } | Kind::Secret { .. }, Value::String(_)) => 2,
        (Kind::Choice(options), value) => {
            usize::from(options.iter().any(|option| option.value == *value)) * 2
        }
        (Kind::Json, _) => 1,
        _ => 0,
    }
}

fn fit_group(group: &Group, map: &Map<String, Value>) -> usize {
    /// A matching constant outweighs any number of shared keys.
    const CONSTANT: usize = 1000;
    let mut score = 1;
    for (key, node) in &group.properties {
        match (&node.kind, map.get(key)) {
            (Kind::Fixed(fixed), Some(value)) if fixed == value => score += CONSTANT,
            (Kind::Fixed(_), Some(_)) => return 0,
            (Kind::Choice(options), Some(value))
                if !options.iter().any(|option| option.value == *value) =>
            {
                return 0;
            }
            (_, Some(_)) => score += 1,
            (_, None) => {}
        }
    }
    score
}
