pub mod catalogue;
pub mod recommend;
