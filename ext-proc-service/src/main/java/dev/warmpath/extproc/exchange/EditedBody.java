package dev.warmpath.extproc.exchange;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.warmpath.extproc.annotate.Splices;

/** A body with edits, put together from its pieces: what stays is not copied. Stateless. */
final class EditedBody {

  private EditedBody() {}

  /**
   * The edited body.
   *
   * @param body before
   * @throws IllegalArgumentException if an edit lies beyond it
   */
  static ByteString of(ByteString body, Splices splices) {
    Rope rope = new Rope(body);
    splices.forEachPiece(body.size(), rope);
    return rope.edited;
  }

  private static final class Rope implements Splices.Pieces {
    private final ByteString body;
    ByteString edited = ByteString.EMPTY;

    Rope(ByteString body) {
      this.body = body;
    }

    @Override
    public void kept(int from, int to) {
      edited = edited.concat(body.substring(from, to));
    }

    @Override
    public void inserted(byte[] bytes) {
      edited = edited.concat(UnsafeByteOperations.unsafeWrap(bytes));
    }
  }
}
