/**
 * Reads the configuration file into {@code warmpath.config.v1.Config} and reports every fault of it
 * at once.
 */
@NullMarked
package dev.warmpath.config;

import org.jspecify.annotations.NullMarked;
