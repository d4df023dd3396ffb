namespace Resilient.Llm;

/// <summary>
/// No step that could have answered is where the request's data may go, or the request states no residency and the ladder requires it.
/// Nothing was sent anywhere else.
/// </summary>
public sealed class DataResidencyException : ResilientChatException
{
    internal DataResidencyException(string message, DataResidency residency, Exception? innerException = null)
        : base(message, innerException) => Residency = residency;

    /// <inheritdoc/>
    public override FailureKind Kind => FailureKind.Rejected;

    /// <summary>Gets where the data was allowed to go: nowhere for a request without the residency that the ladder requires.</summary>
    public DataResidency Residency { get; }
}
