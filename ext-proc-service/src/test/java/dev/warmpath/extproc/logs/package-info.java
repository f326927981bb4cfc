/**
 * Logs of requests as applications write them, some with a planted reason why a prefix doesn't
 * repeat: made to test what looks for such reasons, and written apart from it. Knows none of the
 * service's code.
 */
@NullMarked
package dev.warmpath.extproc.logs;

import org.jspecify.annotations.NullMarked;
