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
 * @param value hash of what stands there now
 * @param sameBehind bytes directly behind that are the same in both
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
    Form form,
    Cue cue,
    boolean hasNumber,
    long number,
    long value,
    int sameBehind,
    long sameAgain,
    boolean inConversation) {

  Parting with(long otherValue) {
    return new Parting(
        site,
        segment,
        index,
        itemKey,
        parameter,
        anchor,
        offset,
        length,
        form,
        cue,
        hasNumber,
        number,
        otherValue,
        sameBehind,
        sameAgain,
        inConversation);
  }

  Parting moved(int otherOffset, int otherLength) {
    return new Parting(
        site,
        segment,
        index,
        itemKey,
        parameter,
        anchor,
        otherOffset,
        otherLength,
        form,
        cue,
        hasNumber,
        number,
        value,
        sameBehind,
        sameAgain,
        inConversation);
  }

  Parting withSameBehind(int bytes) {
    return new Parting(
        site,
        segment,
        index,
        itemKey,
        parameter,
        anchor,
        offset,
        length,
        form,
        cue,
        hasNumber,
        number,
        value,
        bytes,
        sameAgain,
        inConversation);
  }

  Parting withSameAgain(long bytes) {
    return new Parting(
        site,
        segment,
        index,
        itemKey,
        parameter,
        anchor,
        offset,
        length,
        form,
        cue,
        hasNumber,
        number,
        value,
        sameBehind,
        bytes,
        inConversation);
  }
}
