package dev.warmpath.extproc.logs;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests of one route in the order of their arrival.
 *
 * @param name tells how it was made: kind, style, format and seed
 * @param path that all of them go to
 * @param planted null in a clean log
 */
public record PlantedLog(
    String name, List<byte[]> bodies, String path, @Nullable Planted planted) {}
