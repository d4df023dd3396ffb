namespace Resilient.Llm;

/// <summary>
/// No rung that could have answered lies where the request's data may go, or the request did not say where that is and the ladder requires it. Nothing was sent anywhere else.
/// </summary>
public sealed class DataResidencyException : ResilientChatException
{
    internal DataResidencyException(string message, DataResidency residency, Exception? innerException = null)
        : base(message, innerException) => Residency = residency;

    /// <inheritdoc/>
    public override FailureKind Kind => FailureKind.Rejected;

    /// <summary>Where the data was allowed to go: nowhere for a request without the residency that the ladder requires.</summary>
    public DataResidency Residency { get; }
}
