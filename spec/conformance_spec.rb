# frozen_string_literal: true

require "json"

# The vectors of data/msgpack-test-suite.json: values, and for each every byte form that may encode it.
RSpec.describe "Conformance vectors" do
  suite = JSON.parse(File.read(File.join(__dir__, "data", "msgpack-test-suite.json"), encoding: "UTF-8"))

  # The file's writing of bytes: "c4-02-00-ff".
  def bytes_of(form)
    hex(form.tr("-", " "))
  end

  # What a form of the entry must be read as. A Float form of a whole number is read as that Float.
  def value_of(entry, form)
    kind = %w[nil bool binary bignum number string array map timestamp ext].find { |name| entry.key?(name) }
    case kind
    when "binary" then bytes_of(entry["binary"])
    when "bignum", "number" then number_of(entry[kind], form)
    when "timestamp" then MessagePack::ExtType.from_exttype(-1, timestamp_payload(form))
    when "ext" then MessagePack::ExtType.from_exttype(entry["ext"][0], bytes_of(entry["ext"][1]))
    else entry[kind]
    end
  end

  def number_of(number, form)
    return Float(number) if form.start_with?("ca", "cb")

    number.is_a?(String) ? Integer(number) : number
  end

  # Everything behind the header: marker, a length where the form has one, type number.
  def timestamp_payload(form)
    bytes_of(form).byteslice((form.start_with?("c7") ? 3 : 2)..)
  end

  def expect_value(object, entry, form)
    value = value_of(entry, form)
    expect(object).to eq(value), form
    expect(object.class).to eq(value.class), form
    expect(object.encoding).to eq(value.encoding), form if value.is_a?(String)
  end

  # The form that a packer writes: the first, but a Float always takes 64 bits, and of two forms of the same length (for
  # 2**63 - 1 the file names the signed one first) a positive number takes the unsigned one.
  def packed_form(entry)
    return entry["msgpack"][1] if entry["number"].is_a?(Float)

    entry["msgpack"].find { |form| form.start_with?("cf") && entry["bignum"] } || entry["msgpack"][0]
  end

  it "are all there" do
    expect(suite.size).to eq(15)
    expect(suite.values.flatten.sum { |entry| entry["msgpack"].size }).to eq(233)
  end

  suite.each do |group, entries|
    describe group do
      entries.each_with_index do |entry, index|
        title = "#{index}: #{entry.except("msgpack").to_json[0, 60]}"

        it "reads #{title} in every form" do
          entry["msgpack"].each do |form|
            expect_value(MessagePack.unpack(bytes_of(form)), entry, form)
            expect_value(MessagePack::Unpacker.new(StringIO.new(bytes_of(form))).read, entry, form)
          end
        end

        it "resumes #{title} at every byte, and skips it" do
          unpacker = MessagePack::Unpacker.new
          entry["msgpack"].each do |form|
            message = bytes_of(form)
            1.upto(message.bytesize - 1) do |cut|
              unpacker.feed(message.byteslice(0, cut))
              expect_underflow { unpacker.read }
              expect_value(unpacker.feed(message.byteslice(cut..)).read, entry, form)

              unpacker.feed(message.byteslice(0, cut))
              expect_underflow { unpacker.skip }
              expect(unpacker.feed(message.byteslice(cut..)).skip).to be_nil
              expect(unpacker.buffer).to be_empty
            end
          end
        end

        it "packs #{title} in the smallest form" do
          form = packed_form(entry)

          expect(MessagePack.pack(value_of(entry, form))).to eq(bytes_of(form))
        end
      end

      it "is read as one stream, whatever the size of the pieces" do
        forms = entries.flat_map { |entry| entry["msgpack"].map { |form| [entry, form] } }
        stream = forms.map { |_entry, form| bytes_of(form) }.join
        [1, 3, 17, stream.bytesize].each do |size|
          unpacker = MessagePack::Unpacker.new
          objects = []
          stream.scan(/.{1,#{size}}/mn) { |piece| unpacker.feed_each(piece) { |object| objects << object } }

          expect(objects.size).to eq(forms.size)
          objects.zip(forms) { |object, (entry, form)| expect_value(object, entry, form) }
        end
      end
    end
  end
end
