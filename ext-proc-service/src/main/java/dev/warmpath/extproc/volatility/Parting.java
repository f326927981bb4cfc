package dev.warmpath.extproc.volatility;

/**
 * One place where a prompt parts from an earlier one.
 *
 * @param segment as {@link Item#segment}
 * @param index as {@link Item#index}
 * @param itemKey as {@link Item#key}
 * @param parameter its name, or empty
 * @param anchor hash of the words before, by which the place is found again
 * @param offset of what varies, in bytes from the start of the segment's text
 * @param length of what varies, in bytes
 * @param ahead as {@link Reading#ahead}
 * @param value hash of what stands there now
 * @param sameBehind bytes directly behind that are the same in both
 * @param behind hash of their beginning; 0: too few to tell a template
 * @param sameAgain all bytes behind that are the same in both: what the parting costs
 * @param inConversation whether both are requests of one conversation
 */
record Parting(
    Site site,
    int segment,
    int index,
    long itemKey,
    String parameter,
    long anchor,
    int offset,
    int length,
    int ahead,
    Form form,
    Cue cue,
    boolean hasNumber,
    long number,
    long value,
    int sameBehind,
    long behind,
    long sameAgain,
    boolean inConversation) {

  Parting with(long otherValue) {
    return copy(offset, length, otherValue, sameBehind, behind, sameAgain);
  }

  Parting moved(int otherOffset, int otherLength) {
    return copy(otherOffset, otherLength, value, sameBehind, behind, sameAgain);
  }

  /** What follows in the next messages is the same, too. */
  Parting withSameNext(int bytes, long next) {
    return copy(offset, length, value, sameBehind + bytes, behind == 0 ? next : behind, sameAgain);
  }

  Parting withSameAgain(long bytes) {
    return copy(offset, length, value, sameBehind, behind, bytes);
  }

  private Parting copy(
      int newOffset,
      int newLength,
      long newValue,
      int newSameBehind,
      long newBehind,
      long newSameAgain) {
    return new Parting(
        site,
        segment,
        index,
        itemKey,
        parameter,
        anchor,
        newOffset,
        newLength,
        ahead,
        form,
        cue,
        hasNumber,
        number,
        newValue,
        newSameBehind,
        newBehind,
        newSameAgain,
        inConversation);
  }
}
