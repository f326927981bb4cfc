package dev.warmpath.extproc.annotate;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Edits of a body: at ascending offsets, bytes that go and bytes that come. Every byte that no edit
 * names stays as it is, and edits never overlap. Immutable, except that inserted arrays are not
 * copied: they are constants, or belong to these edits alone.
 */
public final class Splices {

  /** No edit. */
  public static final Splices NONE = new Builder().build();

  private final int[] offsets;
  private final int[] deleted;
  private final byte[][] inserted;

  private Splices(int[] offsets, int[] deleted, byte[][] inserted) {
    this.offsets = offsets;
    this.deleted = deleted;
    this.inserted = inserted;
  }

  /** Number of edits. */
  public int size() {
    return offsets.length;
  }

  public boolean isEmpty() {
    return offsets.length == 0;
  }

  /**
   * Length of the edited body in bytes.
   *
   * @param length of the body before
   * @throws ArithmeticException if it is beyond what an array can hold
   */
  public int editedLength(int length) {
    checkLength(length);
    long edited = length;
    for (int i = 0; i < offsets.length; i++) {
      edited += (long) inserted[i].length - deleted[i];
    }
    return Math.toIntExact(edited);
  }

  /**
   * The edited body, in a new array.
   *
   * @param body holds the body in its first {@code length} bytes; stays unchanged
   * @throws IllegalArgumentException if an edit lies beyond {@code length}
   */
  public byte[] apply(byte[] body, int length) {
    ByteBuffer edited = ByteBuffer.allocate(editedLength(length));
    forEachPiece(
        length,
        new Pieces() {
          @Override
          public void kept(int from, int to) {
            edited.put(body, from, to - from);
          }

          @Override
          public void inserted(byte[] bytes) {
            edited.put(bytes);
          }
        });
    return edited.array();
  }

  /** Of which an edited body is made, in their order. */
  public interface Pieces {
    /** Bytes of the body, from an offset to another. */
    void kept(int from, int to);

    /** Bytes that are new; not to be changed. */
    void inserted(byte[] bytes);
  }

  /**
   * Tells of what the edited body is made, for who can put it together without copying it.
   *
   * @param length of the body before
   * @throws IllegalArgumentException if an edit lies beyond {@code length}
   */
  public void forEachPiece(int length, Pieces pieces) {
    checkLength(length);
    int from = 0;
    for (int i = 0; i < offsets.length; i++) {
      if (offsets[i] > from) {
        pieces.kept(from, offsets[i]);
      }
      if (inserted[i].length > 0) {
        pieces.inserted(inserted[i]);
      }
      from = offsets[i] + deleted[i];
    }
    if (length > from) {
      pieces.kept(from, length);
    }
  }

  /**
   * These and others together; at one offset these come first.
   *
   * @throws IllegalArgumentException if they overlap
   */
  public Splices and(Splices others) {
    if (isEmpty() || others.isEmpty()) {
      return isEmpty() ? others : this;
    }
    Builder both = new Builder();
    for (Splices each : new Splices[] {this, others}) {
      for (int i = 0; i < each.size(); i++) {
        both.replace(each.offsets[i], each.deleted[i], each.inserted[i]);
      }
    }
    return both.build();
  }

  private void checkLength(int length) {
    if (offsets.length > 0) {
      int last = offsets.length - 1;
      int end = offsets[last] + deleted[last];
      if (end > length) {
        throw new IllegalArgumentException(
            "length: " + length + " (expected: at least " + end + ", where the last edit ends)");
      }
    }
  }

  /**
   * Collects edits in any order. Of two insertions at one offset the one added first comes first.
   * Reusable after {@link #build}. Not thread-safe: one owner.
   */
  public static final class Builder {

    /** A plan's most: two edits for each of four markers. */
    private int[] offsets = new int[8];

    private int[] deleted = new int[8];
    private byte[][] inserted = new byte[8][];
    private int size;

    /** Inserts before the byte at {@code offset}. */
    public Builder insert(int offset, byte[] bytes) {
      return replace(offset, 0, bytes);
    }

    /**
     * Replaces bytes.
     *
     * @param deletedBytes how many go; 0 inserts only
     * @param bytes that come in their place; not copied
     * @throws IllegalArgumentException if it overlaps an edit that is there
     */
    public Builder replace(int offset, int deletedBytes, byte[] bytes) {
      if (offset < 0 || deletedBytes < 0 || offset > Integer.MAX_VALUE - deletedBytes) {
        throw new IllegalArgumentException(
            "offset %d, deletedBytes %d (expected: none below 0, a sum that fits an int)"
                .formatted(offset, deletedBytes));
      }
      int at = size;
      while (at > 0 && comesAfter(at - 1, offset, deletedBytes)) {
        at--;
      }
      if ((at > 0 && offsets[at - 1] + deleted[at - 1] > offset)
          || (at < size && offset + deletedBytes > offsets[at])) {
        throw new IllegalArgumentException(
            "edit of %d bytes at %d (expected: none that overlaps another)"
                .formatted(deletedBytes, offset));
      }
      makeRoom(at);
      offsets[at] = offset;
      deleted[at] = deletedBytes;
      inserted[at] = bytes;
      size++;
      return this;
    }

    /** At one offset insertions stand before the replacement of what follows. */
    private boolean comesAfter(int index, int offset, int deletedBytes) {
      return offsets[index] > offset
          || (offsets[index] == offset && deleted[index] > 0 && deletedBytes == 0);
    }

    private void makeRoom(int at) {
      if (size == offsets.length) {
        offsets = Arrays.copyOf(offsets, 2 * size);
        deleted = Arrays.copyOf(deleted, 2 * size);
        inserted = Arrays.copyOf(inserted, 2 * size);
      }
      System.arraycopy(offsets, at, offsets, at + 1, size - at);
      System.arraycopy(deleted, at, deleted, at + 1, size - at);
      System.arraycopy(inserted, at, inserted, at + 1, size - at);
    }

    /** The edits so far; the builder is empty afterwards. */
    public Splices build() {
      Splices built =
          new Splices(
              Arrays.copyOf(offsets, size),
              Arrays.copyOf(deleted, size),
              Arrays.copyOf(inserted, size));
      Arrays.fill(inserted, 0, size, null);
      size = 0;
      return built;
    }
  }
}
