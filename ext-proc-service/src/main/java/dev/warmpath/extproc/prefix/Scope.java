package dev.warmpath.extproc.prefix;

/**
 * Who shares a cache, and so who shares keys.
 *
 * @param isolationScope the pool, or the tenant in it, or the provider's account; never anything
 *     that a client can choose
 * @param model as it is routed
 */
public record Scope(String isolationScope, String model) {}
