//! Copies to the host beside the work: from a stream of their own into page-locked memory, so that recording a compression
//! does not hold up the decode steps after it.
//!
//! Memory of the host is locked once and used again: locking it takes the driver about as long as a decode step.

#![expect(
    unsafe_code,
    reason = "locked memory is undefined until a copy has filled it"
)]

use std::sync::{Arc, Mutex, PoisonError};

use cudarc::driver::{CudaSlice, CudaStream, DriverError, PinnedHostSlice};

/// Pieces of locked memory that wait to be used again: those of two compressions of one round each.
const MOST_SPARE: usize = 8;

/// The stream, and locked memory that is free.
pub(super) struct SideStream {
    stream: Arc<CudaStream>,
    spare: Mutex<Vec<PinnedHostSlice<u8>>>,
}

/// A piece on its way. Dropped unread, it waits for its copy before either memory is freed: fields are dropped in their
/// order, and the host's memory waits.
pub struct Piece {
    to: PinnedHostSlice<u8>,
    _from: CudaSlice<u8>,
}

impl SideStream {
    pub(super) fn new(main: &CudaStream) -> Result<Self, DriverError> {
        Ok(Self {
            stream: main.context().new_stream()?,
            spare: Mutex::default(),
        })
    }

    /// Starts the copies, behind all that `main` was given so far.
    pub(super) fn send(
        &self,
        main: &CudaStream,
        pieces: Vec<(CudaSlice<u8>, usize)>,
    ) -> Result<Vec<Piece>, DriverError> {
        self.stream.wait(&main.record_event(None)?)?;
        let send = |(from, bytes): (CudaSlice<u8>, usize)| {
            let mut to = self.locked(bytes)?;
            // The locked memory notes the copy's end, for whoever reads or drops it.
            let copied = self.stream.memcpy_dtoh(&from.slice(..bytes), &mut to);
            let piece = Piece { to, _from: from };
            copied.map(|()| piece)
        };
        pieces.into_iter().map(send).collect()
    }

    /// Waits for the copies.
    pub(super) fn arrive(&self, pieces: Vec<Piece>) -> Result<Vec<Vec<u8>>, DriverError> {
        let arrive = |piece: Piece| {
            let bytes = piece.to.as_slice()?.to_vec();
            let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.len() == MOST_SPARE {
                spare.remove(0);
            }
            spare.push(piece.to);
            Ok(bytes)
        };
        pieces.into_iter().map(arrive).collect()
    }

    /// Locked memory of just this size, which a copy fills: as often as not that of the compression before.
    fn locked(&self, bytes: usize) -> Result<PinnedHostSlice<u8>, DriverError> {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = spare.iter().position(|piece| piece.len() == bytes) {
            return Ok(spare.swap_remove(known));
        }
        // Not write-combined, as is the default: the host reads it.
        // SAFETY: undefined bytes are read by nobody before the copy has filled them.
        unsafe { self.stream.context().alloc_pinned_with_flags(bytes, 0) }
    }
}
