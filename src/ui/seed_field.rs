//! The field of a seed, which may be any number of 64 bits. The fields of other numbers go through `f64`: above 2^53, one of
//! them would write another seed back than the one that it was shown.

use egui::{Id, TextEdit, Ui};

/// Room for all digits of the largest seed, in points.
const WIDTH: f32 = 160.0;

/// What stands in a field while it is not simply the seed.
#[derive(Clone, Debug)]
struct Typed {
    text: String,
    /// Beside which seed it stands: one that comes from elsewhere replaces it.
    seed: u64,
}

/// Draws the field `id` with a label. Returns why what is typed is no seed, in words; the seed then stays as it was.
pub fn seed_field(ui: &mut Ui, id: Id, label: Id, seed: &mut u64) -> Option<String> {
    let typed = ui.data(|data| data.get_temp::<Typed>(id));
    let mut text = typed
        .filter(|typed| typed.seed == *seed)
        .map_or_else(|| seed.to_string(), |typed| typed.text);
    let edit = TextEdit::singleline(&mut text).id(id).desired_width(WIDTH);
    let response = ui.add(edit).labelled_by(label);
    let wrong = match text.trim().parse() {
        Ok(parsed) => {
            *seed = parsed;
            None
        }
        Err(_) => Some(format!(
            "“{text}” is no seed, which is a whole number from 0 to {}; it stays {seed}.",
            u64::MAX
        )),
    };
    if response.has_focus() || wrong.is_some() {
        let seed = *seed;
        ui.data_mut(|data| data.insert_temp(id, Typed { text, seed }));
    } else {
        ui.data_mut(|data| data.remove::<Typed>(id));
    }
    wrong
}
