"""What a program asks that lets people in: sign them in, know them again, sign them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from bocore.access.actor import Actor, Scoped
    from bocore.access.sign_in import SignedIn
    from bocore.app import BackOffice


class Entrance:
    """The part of :class:`bocore.BackOffice` at the door."""

    @property
    def _office(self) -> BackOffice:
        return cast("BackOffice", self)

    def sign_in(
        self,
        *,
        user: str | None = None,
        password: str | None = None,
        code: str | None = None,
        token: str | None = None,
        source: str | None = None,
        replaces: str | None = None,
    ) -> SignedIn:
        """Sign somebody in by name and password, or by what a plugin recognises; opens a session, always a new one.

        :param code: the one-time code that the authenticator shows, or a recovery code, where the user has them.
        :param token: instead of name and password: what another identity provider has issued, for ``bo_authenticate``.
        :param source: where it comes from, such as the address of the client: then who guesses does not lock out the others.
        :param replaces: the session that the same browser had before, which ends.
        :raises NotAuthenticated: it is wrong (``bo.not_authenticated``; what of it is not said), there were too many attempts
            (``bo.locked_out``, with the parameter ``seconds``), or too many people sign in at once (``bo.sign_in_busy``).
        """
        from bocore.access.sign_in import sign_in

        return sign_in(self._office, user, password, code, token, source, replaces)

    def actor_of(self, *, session: str | None = None, token: str | None = None) -> str | Actor | Scoped:
        """Who comes with a session or an API token: what ``actor=`` takes. Ask with each request, and keep no answer.

        :param token: also of another identity provider, which ``bo_authenticate`` recognises.
        :raises NotAuthenticated: it is not known, has ended or was revoked, or its user is disabled; which, is not said.
        """
        from bocore.access.sign_in import actor_of

        return actor_of(self._office, session, token)

    def sign_out(self, session: str) -> None:
        """End a session; nothing happens where it has ended already."""
        from bocore.access.sign_in import sign_out

        sign_out(self._office, session)
