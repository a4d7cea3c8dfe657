pub mod catalogue;
pub mod recommend;
pub mod forms;
