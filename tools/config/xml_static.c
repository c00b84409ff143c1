/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libxml2.a wants from others and our texts never ask of it: ICU and iconv (a text is UTF-8
 * or UTF-16, see xml_scan.c), compressed files, HTTP and FTP. A program linked statically has these
 * in their place, all of which refuse, and so neither ICU's 36 MB nor a way to the network. What
 * libxml2 was built without is not called.
 */
#include <errno.h>
#include <stdint.h>
#include <stddef.h>

/* Called with what an open function gave, which is nothing; or it is such a function. */
#define REFUSE(name) void *name(void); void *name(void) { return NULL; }

#if __has_include(<unicode/uvernum.h>)
#include <unicode/uvernum.h>
#define ICU(name) U_ICU_ENTRY_POINT_RENAME(name)

void *ICU(ucnv_open)(const char *name, int *error);
void *ICU(ucnv_open)(const char *, int *error)
{
	*error = 16;	/* U_UNSUPPORTED_ERROR */
	return NULL;
}

REFUSE(ICU(ucnv_close))
REFUSE(ICU(ucnv_convertEx))
REFUSE(ICU(ucnv_setFromUCallBack))
REFUSE(ICU(ucnv_setToUCallBack))
REFUSE(ICU(UCNV_FROM_U_CALLBACK_STOP))
REFUSE(ICU(UCNV_TO_U_CALLBACK_STOP))
#endif

void *iconv_open(const char *to, const char *from);
void *iconv_open(const char *, const char *)
{
	errno = EINVAL;
	return (void *)(intptr_t)-1;	/* as (iconv_t)-1 */
}

/*
 * The linker puts these in the place of what prepares XPath and HTML at the first parser (--wrap).
 */
REFUSE(__wrap_xmlXPathInit)
REFUSE(__wrap_htmlInitAutoClose)
REFUSE(iconv)
REFUSE(iconv_close)
REFUSE(__libxml2_xzopen)
REFUSE(__libxml2_xzdopen)
REFUSE(__libxml2_xzread)
REFUSE(__libxml2_xzclose)
REFUSE(__libxml2_xzcompressed)
REFUSE(xmlNanoFTPOpen)
REFUSE(xmlNanoFTPRead)
REFUSE(xmlNanoFTPClose)
REFUSE(xmlNanoHTTPOpen)
REFUSE(xmlNanoHTTPMethod)
REFUSE(xmlNanoHTTPRead)
REFUSE(xmlNanoHTTPClose)
REFUSE(xmlNanoHTTPEncoding)
REFUSE(xmlNanoHTTPMimeType)
REFUSE(xmlNanoHTTPRedir)
REFUSE(xmlNanoHTTPReturnCode)
