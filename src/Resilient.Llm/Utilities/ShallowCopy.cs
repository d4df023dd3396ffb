using System.Runtime.CompilerServices;

namespace Resilient.Llm.Utilities;

/// <summary>
/// A member-by-member copy of an object in its own type: the types of answers, and those derived from them, offer no public way.
/// </summary>
/// <remarks>
/// Copying by hand would turn a derived type into its base and lose members; changing the instance would show in every answer that shares
/// it. A derived type is data like its base, so two instances may share its members. No reflection: it works trimmed and with native AOT.
/// </remarks>
internal static class ShallowCopy
{
    public static T Of<T>(T source)
        where T : class => Unsafe.As<T>(MemberwiseClone(source));

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = nameof(MemberwiseClone))]
    private static extern object MemberwiseClone(object source);
}
