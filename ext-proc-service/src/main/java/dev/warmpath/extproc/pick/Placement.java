package dev.warmpath.extproc.pick;

/**
 * A prompt that an endpoint has served, so that its prefix is there now.
 *
 * @param address {@code ip:port} of the endpoint
 * @param blocks chain hashes, first to last; shared, not to be written
 * @param tokens tokens up to the last block's end
 */
@SuppressWarnings("ArrayRecordComponent") // Handed to the fleet stream; never compared.
public record Placement(String address, long[] blocks, int tokens) {}
