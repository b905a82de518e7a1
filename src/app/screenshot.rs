//! `--screenshot-to`: waits until everything is drawn, writes a picture of the window, and quits.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};
use egui::{ColorImage, Context, ViewportCommand};
use resvg::tiny_skia::{IntSize, Pixmap};

use super::state::App;
use crate::error_chain::chain;
use crate::trace::AtomicFile;
use crate::ui::engine_status::{Link, Phase};

/// Frames without news before the picture is taken: panels settle their sizes over two or three.
const CALM_FRAMES: u32 = 6;

/// What the picture waits for.
pub struct Shot {
    path: PathBuf,
    autorun: bool,
    started: bool,
    calm: u32,
    asked: bool,
    image: (Sender<Arc<ColorImage>>, Receiver<Arc<ColorImage>>),
    done: Sender<Result<(), String>>,
}

impl Shot {
    /// A picture to `path`; how it went comes over `done`.
    pub fn new(path: PathBuf, autorun: bool, done: Sender<Result<(), String>>) -> Self {
        Self {
            path,
            autorun,
            started: false,
            calm: 0,
            asked: false,
            image: bounded(1),
            done,
        }
    }

    /// Looks once per frame whether the moment has come.
    pub fn step(&mut self, ctx: &Context, app: &App) {
        if let Ok(image) = self.image.1.try_recv() {
            let written = write_png(&self.path, &image);
            self.finish(ctx, written);
            return;
        }
        if let Some(note) = app.first_error() {
            self.finish(ctx, Err(note));
            return;
        }
        self.started |= app.status().busy();
        let loading = app.status().loading.is_some() && app.status().link == Link::Up;
        let waits = app.tasks.busy()
            || app.status().phase != Phase::Idle
            || (self.autorun && !self.started)
            || (loading && app.session().is_none());
        self.calm = if waits { 0 } else { self.calm + 1 };
        ctx.request_repaint();
        if self.calm > CALM_FRAMES && !self.asked {
            self.asked = true;
            let sender = self.image.0.clone();
            let wake = ctx.clone();
            ctx.request_screenshot(move |image| {
                // The window asks once, and the channel holds one.
                if sender.try_send(image).is_ok() {
                    wake.request_repaint();
                }
            });
        }
    }

    fn finish(&self, ctx: &Context, result: Result<(), String>) {
        // Only the first result counts; the window is closing.
        if self.done.try_send(result).is_ok() {
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }
}

/// Writes the pixels of the window.
fn write_png(path: &Path, image: &ColorImage) -> Result<(), String> {
    let [width, height] = image.size;
    let bytes = image
        .pixels
        .iter()
        .flat_map(|pixel| pixel.to_array())
        .collect();
    let encoded = IntSize::from_wh(width as u32, height as u32)
        .and_then(|size| Pixmap::from_vec(bytes, size))
        .ok_or("the window has no pixels".to_owned())?
        .encode_png()
        .map_err(|error| format!("the picture could not be encoded: {error}"))?;
    AtomicFile::put(path, &encoded).map_err(|error| chain(&error))
}
