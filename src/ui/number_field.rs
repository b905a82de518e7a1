//! A field for a number that shows all of it: one that showed less would change the number as soon as somebody looked at it
//! and went on, since what is shown is what is read back.

use egui::DragValue;

/// A field for a number that is mostly given with so many decimals; dragging moves in steps of the last one.
pub fn number_field(value: &mut f64, decimals: usize) -> DragValue<'_> {
    DragValue::new(value)
        .fixed_decimals(decimals)
        .custom_formatter(move |value, _| whole(value, decimals))
}

/// The number with so many decimals, or with as many as it takes to read it back.
fn whole(value: f64, decimals: usize) -> String {
    let usual = format!("{value:.decimals$}");
    if usual.parse() == Ok(value) {
        usual
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_with_the_usual_decimals_or_with_all_of_its_own() {
        let shown = [0.1, 0.125, 1.0, 0.9375, 0.0].map(|value| whole(value, 2));
        assert_eq!(shown, ["0.10", "0.125", "1.00", "0.9375", "0.00"]);
        assert_eq!(whole(96.0, 0), "96");
        let odd = 0.1 + 0.2;
        assert_eq!(whole(odd, 2).parse(), Ok(odd));
    }
}
