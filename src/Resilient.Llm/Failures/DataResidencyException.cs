namespace Resilient.Llm;

/// <summary>No rung that could have answered lies where the request's data may go. Nothing was sent anywhere else.</summary>
public sealed class DataResidencyException : ResilientChatException
{
    internal DataResidencyException(string message, DataResidency residency)
        : base(message, null) => Residency = residency;

    /// <inheritdoc/>
    public override FailureKind Kind => FailureKind.Rejected;

    /// <summary>Where the data was allowed to go.</summary>
    public DataResidency Residency { get; }
}
