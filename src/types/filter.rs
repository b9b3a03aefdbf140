//! The values that list calls filter by.

/// The values that a filter of a list call matches: a list of them, or an `Option` of one.
///
/// `None` leaves the filter unset, so that it matches everything. An empty list would match nothing:
/// the call refuses it.
///
/// ```
/// use peak_press::types::{ListSpecs, SpecStatus};
///
/// let chosen: Option<SpecStatus> = None;
/// assert_eq!(ListSpecs::new().status(chosen), ListSpecs::new());
///
/// let query = ListSpecs::new().status([SpecStatus::Available, SpecStatus::Archived]);
/// assert_eq!(query.status.unwrap().len(), 2);
/// ```
pub trait Filter<L> {
    #[doc(hidden)]
    fn into_filter(self) -> Option<L>;
}

impl<T> Filter<Vec<T>> for Option<T> {
    fn into_filter(self) -> Option<Vec<T>> {
        self.map(|value| vec![value])
    }
}

impl<T> Filter<Vec<T>> for Vec<T> {
    fn into_filter(self) -> Option<Vec<T>> {
        Some(self)
    }
}

impl<T, const N: usize> Filter<Vec<T>> for [T; N] {
    fn into_filter(self) -> Option<Vec<T>> {
        Some(self.into())
    }
}

impl<T: Clone> Filter<Vec<T>> for &[T] {
    fn into_filter(self) -> Option<Vec<T>> {
        Some(self.to_vec())
    }
}
