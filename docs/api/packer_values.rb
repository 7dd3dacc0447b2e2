# frozen_string_literal: true

# As packer.rb: the methods that write one kind of value, or a header.

module MessagePack
  class Packer
    # @!group Writing one kind of value

    # Writes nil.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "nil format".
    #
    # @return [self]
    # @example
    #   MessagePack::Packer.new.write_nil.to_s  # => "\xC0"
    def write_nil; end

    # Writes true.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "bool format family".
    #
    # @return [self]
    # @example
    #   MessagePack::Packer.new.write_true.to_s  # => "\xC3"
    def write_true; end

    # Writes false.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "bool format family".
    #
    # @return [self]
    # @example
    #   MessagePack::Packer.new.write_false.to_s  # => "\xC2"
    def write_false; end

    # Writes an Integer in the smallest form that holds it.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "int format family".
    #
    # @param value [Integer] -2**63..2**64-1
    # @return [self]
    # @raise [RangeError] if it needs more than 64 bits and no extended type serves such Integers
    # @raise [::TypeError] if it is no Integer
    # @example
    #   MessagePack::Packer.new.write_int(-1).write_int(256).to_s  # => "\xFF\xCD\x01\x00"
    #   MessagePack::Packer.new.write_int("1")                     # raises TypeError
    def write_int(value); end

    # Writes a number as a Float of 64 bits.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "float format family".
    #
    # @param value [Numeric]
    # @return [self]
    # @raise [::TypeError] if it is no Numeric
    # @example
    #   MessagePack::Packer.new.write_float(1).to_s  # => "\xCB?\xF0\x00\x00\x00\x00\x00\x00"
    def write_float(value); end

    # Writes a number as a Float of 32 bits, rounded to what these can hold.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "float format family".
    #
    # @param value [Numeric]
    # @return [self]
    # @raise [ArgumentError] if it is no Numeric
    # @example
    #   MessagePack::Packer.new.write_float32(0.5).to_s  # => "\xCA?\x00\x00\x00"
    def write_float32(value); end

    # Writes a String as {#write} does: as bin if its encoding is ASCII-8BIT, else as str in UTF-8.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "str format family".
    #
    # @param value [String]
    # @return [self]
    # @raise [EncodingError] if it can't be transcoded to UTF-8
    # @raise [::TypeError] if it is no String
    # @example
    #   MessagePack::Packer.new.write_string("é".encode("ISO-8859-1")).to_s  # => "\xA2\xC3\xA9"
    def write_string(value); end

    # Writes a String as bin, whatever its encoding.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "bin format family".
    #
    # @param bytes [String]
    # @return [self]
    # @raise [::TypeError] if it is no String
    # @example
    #   MessagePack::Packer.new.write_bin("a").to_s  # => "\xC4\x01a"
    def write_bin(bytes); end

    # Writes a Symbol as the str of its name, even where Symbol is registered as an extended type.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "str format family".
    #
    # @param value [Symbol]
    # @return [self]
    # @raise [::TypeError] if it is no Symbol
    # @example
    #   MessagePack::Packer.new.write_symbol(:a).to_s  # => "\xA1a"
    def write_symbol(value); end

    # Writes an Array with all that is in it.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "array format family".
    #
    # @param value [Array]
    # @return [self]
    # @raise (see #write)
    # @raise [::TypeError] if it is no Array
    # @example
    #   MessagePack::Packer.new.write_array([1, nil]).to_s  # => "\x92\x01\xC0"
    def write_array(value); end

    # Writes a Hash with all that is in it, in its order.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "map format family".
    #
    # @param value [Hash]
    # @return [self]
    # @raise (see #write)
    # @raise [::TypeError] if it is no Hash
    # @example
    #   MessagePack::Packer.new.write_hash({ "a" => 1 }).to_s  # => "\x81\xA1a\x01"
    def write_hash(value); end

    # @!endgroup

    # @!group Headers and extended types

    # Begins an Array; its elements are to be written next.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "array format family".
    #
    # @param count [Integer] elements, 0..2**32-1
    # @return [self]
    # @raise [RangeError] if there are more, or fewer than none
    # @raise [::TypeError] if it is no Integer
    # @example
    #   MessagePack::Packer.new.write_array_header(2).write(1).write(2).to_s  # => "\x92\x01\x02"
    def write_array_header(count); end

    # Begins a map; keys and values are to be written next, by turns.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "map format family".
    #
    # @param pairs [Integer] keys with their values, 0..2**32-1
    # @return [self]
    # @raise [RangeError] if there are more, or fewer than none
    # @raise [::TypeError] if it is no Integer
    # @example
    #   MessagePack::Packer.new.write_map_header(1).write("a").write(1).to_s  # => "\x81\xA1a\x01"
    def write_map_header(pairs); end

    # Begins a bin; its bytes are to be written to the {#buffer} next.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "bin format family".
    #
    # @param bytes [Integer] how many there are, 0..2**32-1
    # @return [self]
    # @raise [RangeError] if there are more, or fewer than none
    # @raise [::TypeError] if it is no Integer
    # @example
    #   packer = MessagePack::Packer.new.write_bin_header(2)
    #   packer.buffer << "ab"
    #   packer.to_s  # => "\xC4\x02ab"
    def write_bin_header(bytes); end

    # Writes an extended type.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "ext format family".
    #
    # @param typenr [Integer] the type number, -128..127
    # @param data [String] the payload; its bytes count, whatever the encoding
    # @return [self]
    # @raise [RangeError] if the type number is out of range
    # @raise [::TypeError] if an argument is of the wrong class
    # @example
    #   MessagePack::Packer.new.write_ext(64, "abcd").to_s  # => "\xD6@abcd"
    def write_ext(typenr, data); end

    # Writes an extended type that is held by an object.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "ext format family".
    #
    # @param ext_value [ExtType, Struct] with a type number, -128..127, and a payload
    # @return [self]
    # @raise [RangeError] if the type number is out of range
    # @raise [::TypeError] if it is something else, or the payload is no String
    # @example
    #   value = MessagePack::ExtensionValue.new(64, "abcd")
    #   MessagePack::Packer.new.write_extension(value).to_s  # => "\xD6@abcd"
    def write_extension(ext_value); end

    # Begins an extended type, as {#write_extended_header} does with its arguments in the other order. The payload is
    # to be written to the {#buffer} next.
    #
    # Source: the fork; MessagePack's specification, "ext format family".
    #
    # @param length [Integer] bytes of the payload, 0..2**32-1
    # @param typenr [Integer] the type number, -128..127
    # @return [self]
    # @raise [RangeError] if an argument is out of range
    # @raise [::TypeError] if an argument is no Integer
    # @example
    #   MessagePack::Packer.new.write_exttype_header(3, 64).to_s  # => "\xC7\x03@"
    def write_exttype_header(length, typenr); end

    # Begins an extended type, as {#write_exttype_header} does with its arguments in the other order. The payload is
    # to be written to the {#buffer} next.
    #
    # Source: the fork's wiki; MessagePack's specification, "ext format family".
    #
    # @param typenr [Integer] the type number, -128..127
    # @param length [Integer] bytes of the payload, 0..2**32-1
    # @return [self]
    # @raise [RangeError] if an argument is out of range
    # @raise [::TypeError] if an argument is no Integer
    # @example
    #   MessagePack::Packer.new.write_extended_header(64, 3).to_s  # => "\xC7\x03@"
    def write_extended_header(typenr, length); end

    # @!endgroup
  end
end
