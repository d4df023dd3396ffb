using System.Runtime.CompilerServices;

namespace Resilient.Llm.Utilities;

/// <summary>A copy of an object of its own type, member by member: what the types of an answer, and those that clients derive from them, offer no public way to make.</summary>
/// <remarks>
/// Copying by hand would turn a derived type into its base and lose what it adds; changing the instance itself would show in every answer that shares it. A derived type
/// is data like its base, so two instances may share its members. No reflection: it works trimmed and compiled ahead of time.
/// </remarks>
internal static class ShallowCopy
{
    public static T Of<T>(T source)
        where T : class => Unsafe.As<T>(MemberwiseClone(source));

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = nameof(MemberwiseClone))]
    private static extern object MemberwiseClone(object source);
}
