//! The calendar: which stretch of time a person looks at, what is drawn of it, and moving posts to another time. Knows no
//! page.

pub mod asked;
pub mod board;
pub mod moving;
pub mod openings;
pub mod period;
