namespace Resilient.Llm.Streams;

/// <summary>Combines the two tokens of a stream: that of the method call and that of the enumeration (<c>WithCancellation</c>).</summary>
internal static class CancellationTokens
{
    /// <summary>Finds a token that is cancelled when either of two is. Allocates only if both can be cancelled and differ.</summary>
    /// <param name="ofMethod">The token given to the streaming method.</param>
    /// <param name="ofEnumeration">The token given to <c>GetAsyncEnumerator</c>.</param>
    /// <param name="either">The token that is cancelled when one of the two is.</param>
    /// <returns>
    /// A linked source, or null in the usual case that one of the two tokens serves. The enumerator must dispose the source at its end:
    /// otherwise the longer-lived token keeps it alive.
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
