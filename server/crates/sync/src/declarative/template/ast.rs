//! A template as a tree, as Jinja's grammar has it.

use super::checks::Check;
use super::filters::Filter;

/// A piece of a template, in order of output.
#[derive(Debug)]
pub enum Node {
    Text(String),
    Emit(Expr),
    If {
        arms: Vec<(Expr, Vec<Node>)>,
        otherwise: Vec<Node>,
    },
    For(Box<For>),
    Macro(Box<Macro>),
    /// A call that takes the block between its tags along.
    Call {
        callee: Expr,
        args: Args,
        body: Box<Macro>,
    },
    /// The block of the template with this number.
    Block(usize),
    Set {
        target: Target,
        value: Expr,
    },
    SetBlock {
        name: String,
        filters: Vec<(Filter, Args)>,
        body: Vec<Node>,
    },
    FilterBlock {
        filters: Vec<(Filter, Args)>,
        body: Vec<Node>,
    },
    With {
        bindings: Vec<(Target, Expr)>,
        body: Vec<Node>,
    },
}

#[derive(Debug)]
pub struct For {
    pub target: Target,
    pub items: Expr,
    pub condition: Option<Expr>,
    /// It may be called inside of itself.
    pub recursive: bool,
    pub body: Vec<Node>,
    pub otherwise: Vec<Node>,
}

/// A macro, or what stands between the tags of a `call`, which has no name.
#[derive(Debug)]
pub struct Macro {
    pub name: String,
    pub params: Vec<Param>,
    pub body: Vec<Node>,
    /// It uses `caller`, `varargs` or `kwargs`, and so takes what they stand for.
    pub takes_caller: bool,
    pub takes_rest: bool,
    pub takes_named_rest: bool,
}

#[derive(Debug)]
pub struct Param {
    pub name: String,
    pub default: Option<Expr>,
}

/// A block with a name, which `self` can write again.
#[derive(Debug)]
pub struct Block {
    pub name: String,
    pub body: Vec<Node>,
}

/// Where a value goes: a name, several at once, or a field of a namespace.
#[derive(Debug)]
pub enum Target {
    Name(String),
    Tuple(Vec<Target>),
    Field(String, String),
}

#[derive(Debug)]
pub enum Expr {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    Name(String),
    Tuple(Vec<Expr>),
    List(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Attr(Box<Expr>, String),
    Item(Box<Expr>, Box<Expr>),
    Slice(Box<[Option<Expr>; 3]>),
    Call(Box<Expr>, Args),
    Filter(Box<Expr>, Filter, Args),
    Test(Box<Expr>, Check, Args),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Plus(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    Concat(Vec<Expr>),
    Choose {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Option<Box<Expr>>,
    },
}

/// Arguments as written.
#[derive(Debug, Default)]
pub struct Args {
    pub positional: Vec<Expr>,
    pub named: Vec<(String, Expr)>,
    pub spread: Option<Box<Expr>>,
    pub spread_named: Option<Box<Expr>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}
