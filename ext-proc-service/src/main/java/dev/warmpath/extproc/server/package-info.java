/** The process: gRPC server, health, watchdog, warm-up, metrics and shutdown. */
@NullMarked
package dev.warmpath.extproc.server;

import org.jspecify.annotations.NullMarked;
