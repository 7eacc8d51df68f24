package value

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

func md5Text(_ *Context, a []Value) (Value, error) {
	sum := md5.Sum([]byte(a[0].S))
	return textOf(hex.EncodeToString(sum[:]))
}

func bytesValue(b []byte) (Value, error) { return Value{Kind: KindBytes, S: string(b)}, nil }

func sha224(_ *Context, a []Value) (Value, error) {
	sum := sha256.Sum224([]byte(a[0].S))
	return bytesValue(sum[:])
}

func sha256Bytes(_ *Context, a []Value) (Value, error) {
	sum := sha256.Sum256([]byte(a[0].S))
	return bytesValue(sum[:])
}

func sha384(_ *Context, a []Value) (Value, error) {
	sum := sha512.Sum384([]byte(a[0].S))
	return bytesValue(sum[:])
}

func sha512Bytes(_ *Context, a []Value) (Value, error) {
	sum := sha512.Sum512([]byte(a[0].S))
	return bytesValue(sum[:])
}

func badEncoding(name string) error {
	return newError(CodeInvalidParameter, `unrecognized encoding: "`, name, `"`)
}

// base64Line is where encode breaks lines (RFC 2045).
const base64Line = 76

func encode(_ *Context, a []Value) (Value, error) {
	switch strings.ToLower(a[1].S) {
	case "hex":
		return textOf(string(appendHex(nil, a[0].S)))
	case "base64":
		text := base64.StdEncoding.EncodeToString([]byte(a[0].S))
		var b []byte
		for len(text) > base64Line {
			b = append(append(b, text[:base64Line]...), '\n')
			text = text[base64Line:]
		}
		return textOf(string(append(b, text...)))
	case "escape":
		return textOf(string(appendEscaped(nil, a[0].S)))
	}
	return Value{}, badEncoding(a[1].S)
}

func appendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c == 0 || c >= utf8.RuneSelf:
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		case c == '\\':
			dst = append(dst, `\\`...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func decode(_ *Context, a []Value) (Value, error) {
	switch strings.ToLower(a[1].S) {
	case "hex":
		b, err := decodeHex(a[0].S)
		return Value{Kind: KindBytes, S: string(b)}, err
	case "base64":
		return decodeBase64(a[0].S)
	case "escape":
		b, ok := unescapeBytes(a[0].S)
		if !ok {
			return Value{}, newError(CodeInvalidText, "invalid input syntax for type bytea")
		}
		return bytesValue(b)
	}
	return Value{}, badEncoding(a[1].S)
}

func decodeBase64(s string) (Value, error) {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\n\r", r) {
			return -1
		}
		return r
	}, s)
	for i, r := range clean {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", r) {
			return Value{}, newError(CodeInvalidParameter, `invalid symbol "`, string(r), `" found while decoding base64 sequence`)
		}
		if r == '=' && i < len(strings.TrimRight(clean, "=")) {
			return Value{}, newError(CodeInvalidParameter, `unexpected "=" while decoding base64 sequence`)
		}
	}
	b, err := base64.StdEncoding.DecodeString(clean)
	if err != nil {
		failure := newError(CodeInvalidParameter, "invalid base64 end sequence")
		failure.Hint = "Input data is missing padding, is truncated, or is otherwise corrupted."
		return Value{}, failure
	}
	return bytesValue(b)
}

// utf8Name says whether a name means the encoding that this database has.
func utf8Name(name string) bool {
	switch strings.ReplaceAll(strings.ToLower(name), "-", "") {
	case "utf8", "unicode":
		return true
	}
	return false
}

func convertFrom(_ *Context, a []Value) (Value, error) {
	if !utf8Name(a[1].S) {
		return Value{}, &Unsupported{Construct: "encoding " + a[1].S}
	}
	return OfText(a[0].S), CheckText(a[0].S)
}

func convertTo(_ *Context, a []Value) (Value, error) {
	if !utf8Name(a[1].S) {
		return Value{}, &Unsupported{Construct: "encoding " + a[1].S}
	}
	return Value{Kind: KindBytes, S: a[0].S}, nil
}

func byteIndexError(n int64, length int) error {
	return newError(CodeArraySubscript, "index ", strconv.FormatInt(n, 10), " out of valid range, 0..", strconv.Itoa(length-1))
}

func getByte(_ *Context, a []Value) (Value, error) {
	if a[1].N < 0 || a[1].N >= int64(len(a[0].S)) {
		return Value{}, byteIndexError(a[1].N, len(a[0].S))
	}
	return OfInt(int64(a[0].S[a[1].N])), nil
}

func setByte(_ *Context, a []Value) (Value, error) {
	if a[1].N < 0 || a[1].N >= int64(len(a[0].S)) {
		return Value{}, byteIndexError(a[1].N, len(a[0].S))
	}
	b := []byte(a[0].S)
	b[a[1].N] = byte(a[2].N)
	return bytesValue(b)
}

func getBit(_ *Context, a []Value) (Value, error) {
	if a[1].N < 0 || a[1].N >= 8*int64(len(a[0].S)) {
		return Value{}, byteIndexError(a[1].N, 8*len(a[0].S))
	}
	return OfInt(int64(a[0].S[a[1].N/8] >> (a[1].N % 8) & 1)), nil
}

var digestEvals = map[string]Eval{
	"md5_text": md5Text, "md5_bytea": md5Text, "sha224_bytea": sha224, "sha256_bytea": sha256Bytes, "sha384_bytea": sha384, "sha512_bytea": sha512Bytes,
	"binary_encode": encode, "binary_decode": decode, "pg_convert_from": convertFrom, "pg_convert_to": convertTo,
	"byteaGetByte": getByte, "byteaSetByte": setByte, "byteaGetBit": getBit,
}
