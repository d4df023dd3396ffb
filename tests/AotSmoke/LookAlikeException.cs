namespace AotSmoke;

/// <summary>Shows its status as the exceptions of SDKs do. Nothing reads the property by name in code, so a trimmer is free to remove it.</summary>
internal sealed class LookAlikeException(int status) : Exception("The provider refused the call.")
{
    public int StatusCode { get; } = status;
}
