use egui::Theme;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use rkv_scope::analysis::{CueList, Report, SHORTEST_REPEAT, SegmentClass, Segmentation};
use rkv_scope::trace::Position;
use rkv_scope::ui::UiCommand;
use rkv_scope::ui::reflections::{List, ReflectionsState, show};

use super::stage::{Stage, empty, run, summary_only, window};

pub fn reflections(
    size: [f32; 2],
    theme: Theme,
    stage: Stage<ReflectionsState>,
) -> Harness<'static, Stage<ReflectionsState>> {
    window(size, theme, stage, |ui, stage| {
        let view = stage.store.view(stage.cursor);
        show(
            ui,
            &mut stage.panel,
            &view,
            &stage.derived,
            &stage.selection,
            &mut stage.commands,
        );
    })
}

fn open(stage: Stage<ReflectionsState>) -> Harness<'static, Stage<ReflectionsState>> {
    let mut window = reflections([860.0, 640.0], Theme::Dark, stage);
    window.run();
    window
}

#[test]
fn the_summary_says_the_reports_numbers() {
    let store = run();
    let report = Report::of(&store.latest(), &CueList::default(), SHORTEST_REPEAT);
    let row = report
        .groups
        .iter()
        .find(|row| row.group == "reflections")
        .unwrap();
    let percent = |share: Option<f64>| format!("{:.0} %", share.unwrap() * 100.0);
    let said = format!(
        "{} lay in reflections, which are {} of all tokens",
        percent(row.evicted_share),
        percent(row.token_share)
    )
    .replace(" %", "\u{a0}%");
    let window = open(Stage::new(store));
    window.get_by_label_contains(&said);
    window.get_by_label(&format!(
        "reflections: {} of evicted, {} of tokens",
        percent(row.evicted_share),
        percent(row.token_share)
    ));
    window.get_by_label_contains("near duplicates: ");
}

#[test]
fn a_bars_explanation_holds_it_against_what_its_lower_bar_shows() {
    let mut window = open(Stage::new(run()));
    for (group, of) in [
        ("reflections: ", "of tokens"),
        ("older copies: ", "at a blind pace"),
        ("near duplicates: ", "of candidates"),
    ] {
        let bars = window.query_all_by_label_contains(" of evicted, ");
        let label = |bar: &egui_kittest::Node<'_>| {
            let node = bar.accesskit_node();
            node.label().or_else(|| node.value()).unwrap_or_default()
        };
        let bar = bars
            .into_iter()
            .find(|bar| label(bar).starts_with(group))
            .unwrap();
        let lower = label(&bar).rsplit_once(", ").unwrap().1.to_owned();
        assert!(lower.ends_with(of), "{lower}");
        bar.hover();
        // The pointer must have rested for a while.
        window.run_steps(8);
        window.get_by_label_contains(&format!("the lower is {lower})"));
    }
}

#[test]
fn a_segment_says_its_pace_and_no_expected_number_of_pairs() {
    let mut window = open(Stage::new(run()));
    window.get_by_label_contains("prompt at 0: ").hover();
    window.run_steps(8);
    window.get_by_label_contains(" pairs that could be evicted were, at ");
    assert!(window.query_by_label_contains("by chance").is_none());
}

#[test]
fn a_click_on_a_segment_pins_its_first_token() {
    let mut window = open(Stage::new(run()));
    let store = &window.state().store;
    let segments = Segmentation::of(store, CueList::default());
    let step = segments
        .list()
        .iter()
        .find(|s| s.class == SegmentClass::Step)
        .unwrap();
    let first = Position(step.start as u32);
    window
        .get_by_label_contains(&format!("step at {}: ", step.start))
        .click();
    window.run();
    assert!(
        window
            .state()
            .commands
            .contains(&UiCommand::Select(Some(first)))
    );
    let moved = window
        .state()
        .commands
        .iter()
        .any(|c| matches!(c, UiCommand::SetCursor(_)));
    assert!(!moved, "what is seen is seen from where the person stands");
}

#[test]
fn a_click_on_a_segment_after_the_cursor_moves_the_cursor_there() {
    let mut stage = Stage::new(run());
    let segments = Segmentation::of(&stage.store, CueList::default());
    let third = segments.list()[3];
    stage.cursor = third.start - 2;
    let mut window = open(stage);
    window
        .get_by_label_contains(&format!(" at {}: ", third.start))
        .click();
    window.run();
    assert!(
        window
            .state()
            .commands
            .contains(&UiCommand::SetCursor(third.end))
    );
}

#[test]
fn the_list_can_be_cut_to_the_reflections() {
    let mut window = open(Stage::new(run()));
    assert!(
        window
            .query_all_by_label_contains("prompt at 0: ")
            .next()
            .is_some()
    );
    window.get_by_label("List: reflections").click();
    window.run();
    assert!(
        window
            .query_all_by_label_contains("prompt at 0: ")
            .next()
            .is_none()
    );
    assert!(
        window
            .query_all_by_label_contains("reflection (check) at")
            .next()
            .is_some()
    );
}

#[test]
fn repeated_text_shows_its_copies_and_a_click_goes_to_one() {
    let mut window = open(Stage::new(run()));
    window.get_by_label("List: repeated text").click();
    window.run();
    let mut repeats = rkv_scope::analysis::Repeats::new(SHORTEST_REPEAT);
    repeats.extend(&window.state().store, &mut || true);
    let spans = repeats.spans(window.state().cursor);
    let (copies, second) = (spans[0].copies.len(), spans[0].copies[1]);
    let label = format!("Copy 2 of {copies} at {second}, ");
    window.get_by_label_contains(&label).click();
    window.run();
    let pins = |position: usize| UiCommand::Select(Some(Position(position as u32)));
    assert!(window.state().commands.contains(&pins(second)));
    // And one on the title to the first.
    let title = format!("Repeated {copies} ×");
    let titles = window.query_all_by_label_contains(&title).next();
    titles.unwrap().click();
    window.run();
    let first = spans[0].copies[0];
    assert!(window.state().commands.contains(&pins(first)));
}

#[test]
fn repeated_keys_say_when_none_were_recorded() {
    let mut stage = Stage::new(summary_only());
    stage.panel = ReflectionsState::default();
    stage.panel.list = List::Clusters;
    let window = open(stage);
    window.get_by_label_contains("recorded no near duplicates");
    let mut stage: Stage<ReflectionsState> = Stage::new(run());
    stage.panel.list = List::Clusters;
    let window = open(stage);
    assert!(
        window
            .query_all_by_label_contains("Newest “")
            .next()
            .is_some()
    );
}

#[test]
fn other_cues_are_asked_for_and_wrong_ones_are_named() {
    let mut stage: Stage<ReflectionsState> = Stage::new(run());
    stage.panel.list = List::Cues;
    let mut window = open(stage);
    let field = window.get_by_label("Cues");
    field.focus();
    window.run();
    window.get_by_label("Cues").type_text("no kind\n");
    window.run();
    window.get_by_label("Use these cues").click();
    window.run();
    window.get_by_label_contains("has no colon");
    window.get_by_label("Built-in cues").click();
    window.run();
    assert!(
        window
            .state()
            .commands
            .contains(&UiCommand::SetCues(Box::default()))
    );
}

#[test]
fn an_empty_run_says_what_to_do() {
    let window = open(Stage::new(empty()));
    window.get_by_label("Nothing to show yet");
}

#[test]
fn a_run_that_lost_nothing_has_no_shares() {
    let mut stage = Stage::new(run());
    stage.cursor = 60;
    let window = open(stage);
    window.get_by_label_contains("Nothing has been evicted so far");
}
