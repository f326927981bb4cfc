package dev.warmpath.extproc.pick;

/**
 * How an endpoint prefilled since it was last asked: what was seen and nothing that was told or
 * guessed, so that it can be told to others without coming back as evidence.
 *
 * @param address {@code ip:port}
 * @param tokens prompt tokens that it prefilled
 * @param tokensPerSecond its rate, over more than the time since
 */
public record Prefill(String address, long tokens, double tokensPerSecond) {}
