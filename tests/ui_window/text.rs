//! Work of the text view is counted, not timed: the same on every machine.

use std::sync::Arc;

use egui::ThemePreference;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::config::CacheSettings;
use rkv_scope::trace::synthetic::{Synthetic, token};
use rkv_scope::trace::{Position, TraceRecord, TraceStore};
use rkv_scope::ui::token_view::Work;
use rkv_scope::ui::{Tab, UiCommand};

use super::stage::{Stage, execute, replaying, viewer};

fn long() -> Synthetic {
    let settings = CacheSettings {
        budget: 1024,
        buffer: 512,
        ..CacheSettings::default()
    };
    Synthetic {
        layers: 2,
        kv_heads: 2,
        tokens: 32_000,
        settings,
        ..Synthetic::default()
    }
}

#[test]
fn of_thirty_two_thousand_tokens_only_those_in_sight_cost_anything() {
    let mut harness = replaying(&long());
    let work = harness.state().app().token_view_work();
    assert!(work.drawn > 0 && work.drawn <= 40, "{work:?}");
    harness.step();
    let still = harness.state().app().token_view_work();
    assert_eq!(
        still,
        Work {
            laid_out: 0,
            coloured: 0,
            drawn: work.drawn
        },
        "nothing moved"
    );
    harness.get_by_label("Colour: redundancy").click();
    harness.step();
    harness.step();
    let recoloured = harness.state().app().token_view_work();
    assert_eq!(recoloured.laid_out, 0, "colour never lays text out");
}

#[test]
fn scrubbing_lays_out_what_comes_into_sight_and_no_more() {
    let mut harness = replaying(&long());
    for cursor in [100, 16_000, 31_000, 5_000] {
        let ctx = harness.ctx.clone();
        let command = rkv_scope::ui::UiCommand::SetCursor(cursor);
        harness.state_mut().app_mut().execute(&ctx, vec![command]);
        harness.step();
        let first = harness.state().app().token_view_work();
        harness.step();
        let second = harness.state().app().token_view_work();
        assert!(
            first.laid_out + second.laid_out <= 80,
            "{first:?} {second:?}"
        );
        assert!(second.drawn <= 40, "{second:?}");
    }
}

fn step_after(harness: &mut Harness<'static, Stage>, command: UiCommand) -> Work {
    let ctx = harness.ctx.clone();
    harness.state_mut().app_mut().execute(&ctx, vec![command]);
    harness.step();
    harness.state().app().token_view_work()
}

#[test]
fn another_theme_has_other_glyphs_and_the_text_is_laid_out_with_them() {
    let mut harness = replaying(&Synthetic::default());
    for theme in [ThemePreference::Light, ThemePreference::Dark] {
        let work = step_after(&mut harness, UiCommand::SetTheme(theme));
        assert!(work.drawn > 0 && work.laid_out == work.drawn, "{work:?}");
        harness.step();
        let still = harness.state().app().token_view_work();
        assert_eq!(still.laid_out, 0, "once is enough");
    }
}

#[test]
fn a_theme_that_came_and_went_behind_another_tab_leaves_no_old_glyphs() {
    let mut harness = replaying(&Synthetic::default());
    for command in [
        UiCommand::ShowTab(Tab::Heatmap),
        UiCommand::SetTheme(ThemePreference::Light),
        UiCommand::SetTheme(ThemePreference::Dark),
    ] {
        step_after(&mut harness, command);
    }
    let work = step_after(&mut harness, UiCommand::ShowTab(Tab::Reading));
    assert!(work.drawn > 0 && work.laid_out == work.drawn, "{work:?}");
}

/// Paragraphs of words so long that hardly a row is full: the page turns out far longer than their characters say.
fn of_long_words() -> Harness<'static, Stage> {
    let mut store = TraceStore::new(Arc::new(Synthetic::default().header()));
    let words = |n: usize| {
        let word = "ab".repeat(20);
        (0..9).map(move |i| match i {
            0 => token(&format!("P{n:03}")),
            8 => token(".\n"),
            _ => token(&format!(" {word}")),
        })
    };
    let tokens = (0..300).flat_map(words).collect();
    store.apply(TraceRecord::Tokens(tokens)).unwrap();
    let mut harness = viewer();
    harness.state_mut().app_mut().show_run(store);
    harness.run();
    harness
}

/// Upper and lower end of what is in sight of a paragraph.
fn place(harness: &Harness<'static, Stage>, n: usize) -> Option<(f32, f32)> {
    let name = format!("P{n:03}");
    let found = harness.query_by_label_contains(&name)?;
    let page = harness.get_by_label_contains("Timeline cursor").rect();
    let (top, bottom) = (found.rect().top(), found.rect().bottom());
    (bottom > 120.0 && top < page.top()).then_some((top, bottom))
}

#[test]
fn a_jump_ends_at_its_token_however_many_rows_there_turn_out_to_be() {
    let mut harness = of_long_words();
    let lower = |harness: &Harness<'static, Stage>| {
        harness
            .get_by_label_contains("Timeline cursor")
            .rect()
            .top()
    };
    let (_, bottom) = place(&harness, 299).expect("the newest token is in sight");
    assert!(bottom <= lower(&harness), "{bottom}");
    for paragraph in [20, 180, 100] {
        execute(&mut harness, vec![UiCommand::SetCursor(paragraph * 9 + 9)]);
        let (_, bottom) = place(&harness, paragraph).expect("the token at the cursor is in sight");
        assert!(bottom <= lower(&harness), "{paragraph}: {bottom}");
    }
}

#[test]
fn in_another_width_the_same_text_is_in_sight() {
    let mut harness = of_long_words();
    // The newest token, and after a look at another place what stands at the top there.
    for pinned in [None, Some(Position(900))] {
        execute(&mut harness, vec![UiCommand::Select(pinned)]);
        for width in [1000.0, 1500.0, 1280.0] {
            let seen = (0..300).find(|n| place(&harness, *n).is_some());
            let kept = if pinned.is_some() { seen.unwrap() } else { 299 };
            harness.set_size(egui::vec2(width, 800.0));
            harness.run();
            assert!(place(&harness, kept).is_some(), "{kept} at {width}");
        }
    }
}
