package dev.warmpath.extproc.logs;

/**
 * The reason, planted into a log, why a prefix doesn't repeat.
 *
 * @param kind one of {@link RequestLogs#KINDS}
 * @param segment "tools", "system", "messages" or "parameters"
 * @param segmentIndex among the segments of that name in one request: the element of {@code tools}
 *     (of a shuffled list, the first place where two requests differ), the system message, the
 *     message behind the system messages; 0 for parameters
 * @param byteOffset the first byte at which any two requests differ, in the canonical text of that
 *     segment in UTF-8: plain text for system and messages; for a tool, its JSON without white
 *     space behind one framing byte, decoded strings ended by one byte instead of a quote. -1 where
 *     there is no such byte: order of tools, image, parameter
 */
public record Planted(String kind, String segment, int segmentIndex, int byteOffset) {}
