/**
 * Accounts per route and tenant: what happened, what naive routing would have cost, what was
 * possible.
 */
@NullMarked
package dev.warmpath.extproc.ledger;

import org.jspecify.annotations.NullMarked;
