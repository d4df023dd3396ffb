namespace Resilient.Llm.Streams;

/// <summary>
/// One token out of the two that a stream may be given: with the method call and with the enumeration (<c>WithCancellation</c>).
/// </summary>
internal static class CancellationTokens
{
    /// <summary>Finds a token that is cancelled when either of two is. Allocates only when both can be cancelled and differ.</summary>
    /// <param name="ofMethod">The token given to the streaming method.</param>
    /// <param name="ofEnumeration">The token given to <c>GetAsyncEnumerator</c>.</param>
    /// <param name="either">The token that is cancelled when one of the two is.</param>
    /// <returns>
    /// A linked source, which the enumerator must dispose at its end, else the longer-lived of the two tokens keeps it alive;
    /// null in the usual cases, where one of the two tokens serves.
    /// </returns>
    public static CancellationTokenSource? Combine(
        CancellationToken ofMethod, CancellationToken ofEnumeration, out CancellationToken either)
    {
        if (!ofEnumeration.CanBeCanceled || ofMethod == ofEnumeration || ofMethod.IsCancellationRequested)
        {
            either = ofMethod;
            return null;
        }

        if (!ofMethod.CanBeCanceled || ofEnumeration.IsCancellationRequested)
        {
            either = ofEnumeration;
            return null;
        }

        var linked = CancellationTokenSource.CreateLinkedTokenSource(ofMethod, ofEnumeration);
        either = linked.Token;
        return linked;
    }
}
