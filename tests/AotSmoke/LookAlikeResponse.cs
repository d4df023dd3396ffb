namespace OpenAI.Responses;

/// <summary>Says how it ended as the type of OpenAI's SDK with this name does.</summary>
internal sealed class ResponseResult
{
    public ResponseStatus? Status { get; init; }
}

internal enum ResponseStatus
{
    Cancelled,
}
