# frozen_string_literal: true

module MessagePack
  module Command # rubocop:disable Style/Documentation -- in command.rb
    # What a first byte means.
    #
    # `kind` is what it begins; `width` and `template` tell the number behind it, which is the value itself or the
    # length; where there is none, `value` is it.
    #
    # @api private
    Form = Struct.new(:name, :kind, :width, :template, :value)

    # The 256 first bytes.
    #
    # Source: the specification of MessagePack, "Formats".
    #
    # @api private
    FORMS = Array.new(256) do |byte|
      case byte
      when 0x00..0x7f then Form.new("positive fixint", :integer, 0, nil, byte)
      when 0x80..0x8f then Form.new("fixmap", :map, 0, nil, byte & 0x0f)
      when 0x90..0x9f then Form.new("fixarray", :array, 0, nil, byte & 0x0f)
      when 0xa0..0xbf then Form.new("fixstr", :string, 0, nil, byte & 0x1f)
      when 0xe0..0xff then Form.new("negative fixint", :integer, 0, nil, byte - 0x100)
      end
    end

    [
      [0xc0, "nil", :nil, 0, nil, nil],
      [0xc1, "never used", :never, 0],
      [0xc2, "false", :boolean, 0, nil, false],
      [0xc3, "true", :boolean, 0, nil, true],
      [0xc4, "bin 8", :binary, 1, "C"],
      [0xc5, "bin 16", :binary, 2, "n"],
      [0xc6, "bin 32", :binary, 4, "N"],
      [0xc7, "ext 8", :extension, 1, "C"],
      [0xc8, "ext 16", :extension, 2, "n"],
      [0xc9, "ext 32", :extension, 4, "N"],
      [0xca, "float 32", :float, 4, "g"],
      [0xcb, "float 64", :float, 8, "G"],
      [0xcc, "uint 8", :integer, 1, "C"],
      [0xcd, "uint 16", :integer, 2, "n"],
      [0xce, "uint 32", :integer, 4, "N"],
      [0xcf, "uint 64", :integer, 8, "Q>"],
      [0xd0, "int 8", :integer, 1, "c"],
      [0xd1, "int 16", :integer, 2, "s>"],
      [0xd2, "int 32", :integer, 4, "l>"],
      [0xd3, "int 64", :integer, 8, "q>"],
      [0xd4, "fixext 1", :extension, 0, nil, 1],
      [0xd5, "fixext 2", :extension, 0, nil, 2],
      [0xd6, "fixext 4", :extension, 0, nil, 4],
      [0xd7, "fixext 8", :extension, 0, nil, 8],
      [0xd8, "fixext 16", :extension, 0, nil, 16],
      [0xd9, "str 8", :string, 1, "C"],
      [0xda, "str 16", :string, 2, "n"],
      [0xdb, "str 32", :string, 4, "N"],
      [0xdc, "array 16", :array, 2, "n"],
      [0xdd, "array 32", :array, 4, "N"],
      [0xde, "map 16", :map, 2, "n"],
      [0xdf, "map 32", :map, 4, "N"]
    ].each { |byte, *form| FORMS[byte] = Form.new(*form) }
    FORMS.each(&:freeze).freeze
  end
end
